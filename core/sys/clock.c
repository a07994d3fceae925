/* SPDX-License-Identifier: Apache-2.0
 *
 * clock.c: see clock.h.
 */
#include "config.h"

#include "core/sys/clock.h"

#define SECONDS_A_DAY (24 * 60 * 60)
#define DAYS_IN_400_YEARS 146097

/* From 1 March of the year 0 to 1 January 1970: years that begin in March have their leap day at the end. */
#define DAYS_BEFORE_THE_EPOCH 719468

/* gmtime_r(3) would have the C library read the time zone's file, which UTC has no use for. */
char *
b9_timestamp_of (const struct timespec *moment)
{
  gint64 days, era, day_of_era, year_of_era, day_of_year, month_from_march, day, month, second;

  days = moment->tv_sec / SECONDS_A_DAY + DAYS_BEFORE_THE_EPOCH;
  second = moment->tv_sec % SECONDS_A_DAY;
  era = days / DAYS_IN_400_YEARS;
  day_of_era = days % DAYS_IN_400_YEARS;
  year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
  day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  month_from_march = (5 * day_of_year + 2) / 153;
  day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
  month = month_from_march < 10 ? month_from_march + 3 : month_from_march - 9;
  return g_strdup_printf ("%04d-%02d-%02dT%02d:%02d:%02d.%09ldZ",
                          (int)(year_of_era + era * 400 + (month <= 2 ? 1 : 0)), (int)month, (int)day,
                          (int)(second / 3600), (int)(second / 60 % 60), (int)(second % 60), moment->tv_nsec);
}

char *
b9_timestamp (void)
{
  struct timespec now;

  clock_gettime (CLOCK_REALTIME, &now);
  return b9_timestamp_of (&now);
}
