foreach(module autostart info run xl look preflight orders_table link folder journal outlived self ledger actuator_conf
    carrier mover source_checks arrival)
  lifeboat_unit(${module} actuator_core)
endforeach()
target_link_options(test_look PRIVATE -Wl,--wrap=run_output,--wrap=kill)
# Its two disks take the place of base's, so it comes in as it is and not from a library.
foreach(module header members)
  lifeboat_unit(${module} actuator_core)
  target_sources(test_${module} PRIVATE head_rig.c)
  target_compile_definitions(test_${module} PRIVATE TEST_DATA="${CMAKE_CURRENT_SOURCE_DIR}/data")
endforeach()
