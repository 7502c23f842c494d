int tally(int items);
int total(int items);
