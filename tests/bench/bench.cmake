# SPDX-License-Identifier: MIT
# Benchmarks: built with the tests, run by hand. They need the program's libraries and nothing of the tests.
set(bench_libraries rft_run rft_backends Threads::Threads m)
set(bench_sources)
foreach(part decode formats matmul model rates)
    list(APPEND bench_sources ${CMAKE_CURRENT_LIST_DIR}/bench_${part}.c)
endforeach()
add_executable(bench_decode ${bench_sources})
target_include_directories(bench_decode PRIVATE ${room_paths} ${BACKENDS}/selftest ${BACKENDS}/cpu ${SUPPORT}/checkpoint)
target_link_libraries(bench_decode PRIVATE ${bench_libraries})
add_executable(make_checkpoint ${CMAKE_CURRENT_LIST_DIR}/make_checkpoint.c ${CMAKE_CURRENT_LIST_DIR}/bench_model.c
               ${CMAKE_CURRENT_LIST_DIR}/bench_formats.c)
target_link_libraries(make_checkpoint PRIVATE rft_support ${bench_libraries} PkgConfig::XXHASH)
if(vulkan_modules) # the Vulkan backend is built; its modules and volk are in rft_backends
    add_executable(bench_pipelines ${CMAKE_CURRENT_LIST_DIR}/bench_pipelines.c)
    target_include_directories(bench_pipelines PRIVATE ${BACKENDS}/vulkan)
    target_include_directories(bench_pipelines SYSTEM PRIVATE ${VOLK_INCLUDE} ${VULKAN_INCLUDE})
    target_link_libraries(bench_pipelines PRIVATE ${bench_libraries})
endif()
