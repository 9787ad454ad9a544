foreach(module intake store policy_conf)
  lifeboat_unit(${module} policy_io)
endforeach()
include(policy_trace.cmake OPTIONAL)
