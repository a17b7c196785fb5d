// How the rows of the left matrix of a product are shared out to panels.

#define TILE_COLUMNS (TILE_VECTORS * LANES)

typedef struct {
  /// Rows of most panels, and how many of the first panels have one more.
  size_t height, taller;
} panels;

INLINE panels panels_of(size_t rows) {
  const size_t count = (rows + TILE_ROWS - 1) / TILE_ROWS;
  panels p = {0, 0};
  if (count > 0) {
    p.height = rows / count;
    p.taller = rows % count;
  }
  return p;
}

INLINE size_t first_row(panels p, size_t panel) {
  return panel * p.height + (panel < p.taller ? panel : p.taller);
}

INLINE size_t height_of(panels p, size_t panel) { return p.height + (panel < p.taller); }
