foreach(module autostart info run xl look preflight orders_table link folder journal outlived self ledger actuator_conf
    header carrier mover source_checks arrival)
  lifeboat_unit(${module} actuator_core)
endforeach()
target_link_options(test_look PRIVATE -Wl,--wrap=run_output,--wrap=kill)
target_compile_definitions(test_header PRIVATE TEST_DATA="${CMAKE_CURRENT_SOURCE_DIR}/data")
