// The heights of a tile that is kept in registers.

/// Writes `each` for every height from 1 to TILE_ROWS.
#define EACH_TILE_HEIGHT(each) HEIGHTS_UP_TO_4(each) HEIGHTS_BEYOND_4(each)

#define HEIGHTS_UP_TO_4(each) each(1) each(2) each(3) each(4)
#if TILE_ROWS == 4
#define HEIGHTS_BEYOND_4(each)
#elif TILE_ROWS == 5
#define HEIGHTS_BEYOND_4(each) each(5)
#elif TILE_ROWS == 6
#define HEIGHTS_BEYOND_4(each) each(5) each(6)
#elif TILE_ROWS == 8
#define HEIGHTS_BEYOND_4(each) each(5) each(6) each(7) each(8)
#elif TILE_ROWS == 14
#define HEIGHTS_BEYOND_4(each) \
  each(5) each(6) each(7) each(8) each(9) each(10) each(11) each(12) each(13) each(14)
#else
#error "a height of tiles that is not listed"
#endif
