# SPDX-License-Identifier: MIT
# Benchmarks: built with the tests, run by hand.
add_executable(bench_decode ${CMAKE_CURRENT_LIST_DIR}/bench_decode.c)
target_include_directories(bench_decode PRIVATE ${ALL_CORE})
target_link_libraries(bench_decode PRIVATE ${test_libraries} Threads::Threads m)
