// SPDX-License-Identifier: MIT
// COLUMNS activation rows at a time, each with variables of its own name: arrays that are indexed by a loop's counter stay in
// memory on some drivers, which makes a matmul 15 times slower there. EACH_COLUMN(F) is F(0) F(1) ... F(COLUMNS - 1).
#define EACH_1(F) F(0)
#define EACH_2(F) EACH_1(F) F(1)
#define EACH_4(F) EACH_2(F) F(2) F(3)
#define EACH_5(F) EACH_4(F) F(4)
#define EACH_8(F) EACH_5(F) F(5) F(6) F(7)
#if COLUMNS == 1
#define EACH_COLUMN EACH_1
#elif COLUMNS == 2
#define EACH_COLUMN EACH_2
#elif COLUMNS == 4
#define EACH_COLUMN EACH_4
#elif COLUMNS == 5
#define EACH_COLUMN EACH_5
#elif COLUMNS == 8
#define EACH_COLUMN EACH_8
#endif
