foreach(module autostart xl look preflight orders_table link folder journal outlived self ledger actuator_conf header
    carrier)
  lifeboat_unit(${module} actuator_core)
endforeach()
target_compile_definitions(test_header PRIVATE TEST_DATA="${CMAKE_CURRENT_SOURCE_DIR}/data")
