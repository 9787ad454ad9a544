if(NOT LIFEBOAT_FUZZ) # the fuzzers' instrumentation calls home
add_test(NAME arch.purity
  COMMAND sh ${CMAKE_CURRENT_SOURCE_DIR}/purity.sh $<TARGET_FILE:policy_core>)
endif()
add_test(NAME arch.layers
  COMMAND ${Python3_EXECUTABLE} ${CMAKE_CURRENT_SOURCE_DIR}/layers.py ${PROJECT_SOURCE_DIR})
add_test(NAME arch.log-ids
  COMMAND ${Python3_EXECUTABLE} ${CMAKE_CURRENT_SOURCE_DIR}/log_ids.py ${PROJECT_SOURCE_DIR})
add_test(NAME arch.manuals
  COMMAND ${Python3_EXECUTABLE} ${CMAKE_CURRENT_SOURCE_DIR}/manuals.py ${PROJECT_SOURCE_DIR} ${PROJECT_BINARY_DIR})
add_test(NAME arch.figures
  COMMAND ${Python3_EXECUTABLE} ${CMAKE_CURRENT_SOURCE_DIR}/figures.py ${PROJECT_SOURCE_DIR})
add_test(NAME arch.formats
  COMMAND ${Python3_EXECUTABLE} ${CMAKE_CURRENT_SOURCE_DIR}/formats.py ${PROJECT_SOURCE_DIR})
# Not the actuator's: see there.
add_test(NAME arch.security
  COMMAND sh ${CMAKE_CURRENT_SOURCE_DIR}/security.sh
    ${PROJECT_BINARY_DIR}/etc/lifeboat-policy.service ${PROJECT_BINARY_DIR}/etc/lifeboat-monitor.service)
set_tests_properties(arch.security PROPERTIES SKIP_RETURN_CODE 77)
