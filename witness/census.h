/* Which programs ran, with which Python, how often they attached, and how each ended. */
#ifndef PN_WITNESS_CENSUS_H
#define PN_WITNESS_CENSUS_H

#include "witness/layout.h"

/* A program begins, with these arguments: it is entered, and its end will be. */
void census_begin(int argc, char **argv);

/* In a child of fork: until it runs another program it counts as one of the same. */
void census_forked(void);

/* Python is being started. */
void census_started(void);

/* A thread calls Python for the first time; one attaches. */
void census_thread(void);
void census_attached(void);

#endif
