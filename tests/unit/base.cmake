foreach(module balloon cpus types text conf frame seal wire wire_order log program)
  lifeboat_unit(${module} base)
endforeach()
lifeboat_unit(bus base PkgConfig::nanomsg)
if(NOT LIFEBOAT_SANITIZE) # which filters nothing
  lifeboat_unit(sandbox base)
endif()
