/* SPDX-License-Identifier: MIT */
#include "jinja_date.h"

#include <string.h>
#include <time.h>

static bool is_leap(int32_t year)
{
    return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

static int32_t days_in(int32_t year, int32_t month)
{
    static const int8_t days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    return days[month - 1] + (month == 2 && is_leap(year));
}

bool rft_jinja_date_read(const char *text, struct rft_jinja_date *date)
{
    static const char shape[] = "dddd-dd-dd";
    for (size_t i = 0; i < sizeof shape; i++) {
        bool is_digit = text[i] >= '0' && text[i] <= '9';
        if (shape[i] == 'd' ? !is_digit : text[i] != shape[i])
            return false;
    }
    *date =
        (struct rft_jinja_date){(text[0] - '0') * 1000 + (text[1] - '0') * 100 + (text[2] - '0') * 10 + text[3] - '0',
                                (text[5] - '0') * 10 + text[6] - '0', (text[8] - '0') * 10 + text[9] - '0'};
    return date->year >= 1900 && date->month >= 1 && date->month <= 12 && date->day >= 1 &&
           date->day <= days_in(date->year, date->month);
}

static struct tm tm_of(const struct rft_jinja_date *date)
{
    struct tm tm = {.tm_year = date->year - 1900, .tm_mon = date->month - 1, .tm_mday = date->day};
    int32_t y = date->year - 1, days = y * 365 + y / 4 - y / 100 + y / 400;
    for (int32_t m = 1; m < date->month; m++)
        tm.tm_yday += days_in(date->year, m);
    tm.tm_yday += date->day - 1;
    tm.tm_wday = (days + tm.tm_yday + 1) % 7; /* the first day of year 1 was a Monday */
    return tm;
}

size_t rft_jinja_date_format(const struct rft_jinja_date *date, char letter, bool is_short, char *out, size_t size)
{
    static const char letters[] = "YmdBbhAaHIMSpjyeDFTRuwUWGVCcxXn%", short_letters[] = "dmHIMSjy";
    const char spec[4] = {'%', is_short ? '-' : letter, is_short ? letter : '\0', '\0'};
    struct tm tm = tm_of(date);
    if (letter == '\0' || strchr(is_short ? short_letters : letters, letter) == NULL)
        return 0;
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
    return strftime(out, size, spec, &tm);
#pragma GCC diagnostic pop
}
