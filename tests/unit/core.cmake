foreach(module health plausible place orders core)
  lifeboat_unit(${module} core_world policy_core)
endforeach()
