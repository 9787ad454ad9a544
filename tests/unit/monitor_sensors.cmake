foreach(module disk probe_sensors)
  lifeboat_unit(${module} monitor_core monitor_probes)
endforeach()
set_tests_properties(unit.probe_sensors PROPERTIES SKIP_RETURN_CODE 77)
