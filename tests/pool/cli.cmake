# The real `lifeboat` against a stand-in for the engine's door.
add_test(NAME pool.cli
  COMMAND ${Python3_EXECUTABLE} ${CMAKE_CURRENT_LIST_DIR}/test_cli.py $<TARGET_FILE:lifeboat>)
add_test(NAME pool.cli.alone
  COMMAND ${Python3_EXECUTABLE} ${CMAKE_CURRENT_LIST_DIR}/test_cli_alone.py $<TARGET_FILE:lifeboat>)
add_test(NAME pool.completion
  COMMAND ${Python3_EXECUTABLE} ${CMAKE_CURRENT_LIST_DIR}/test_completion.py $<TARGET_FILE:lifeboat>
    ${PROJECT_BINARY_DIR}/cli/completion/lifeboat)
