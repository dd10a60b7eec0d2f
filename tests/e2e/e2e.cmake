# SPDX-License-Identifier: MIT
# The whole job. tests/e2e/test_<name>.c runs it in its own process, with a backend that can be told to misbehave;
# tests/e2e/<name>.sh runs the program itself.
file(GLOB e2e_tests CONFIGURE_DEPENDS ${CMAKE_CURRENT_LIST_DIR}/test_*.c)
foreach(source ${e2e_tests})
    get_filename_component(stem ${source} NAME_WE)
    string(REPLACE test_ e2e_ name ${stem})
    add_executable(${name} ${source})
    target_link_libraries(${name} PRIVATE ${test_libraries} PkgConfig::XXHASH Threads::Threads m)
    add_test(NAME ${name} COMMAND ${name} WORKING_DIRECTORY ${CMAKE_SOURCE_DIR})
    set_tests_properties(${name} PROPERTIES SKIP_RETURN_CODE 77 TIMEOUT 900)
endforeach()

file(GLOB e2e_scripts CONFIGURE_DEPENDS ${CMAKE_CURRENT_LIST_DIR}/test_*.sh)
foreach(script ${e2e_scripts})
    get_filename_component(stem ${script} NAME_WE)
    string(REPLACE test_ e2e_ name ${stem})
    add_test(NAME ${name} COMMAND sh ${script} $<TARGET_FILE:rftgen> ${CMAKE_SOURCE_DIR})
    set_tests_properties(${name} PROPERTIES SKIP_RETURN_CODE 77 TIMEOUT 900)
endforeach()
