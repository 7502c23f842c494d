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

/* A thread calls Python for the first time: the number of its program, from 1; 0: there was no
 * room. A thread that ends has attached so many times. */
uint32_t census_thread(void);
void census_attached(uint32_t program, uint32_t times);

#endif
