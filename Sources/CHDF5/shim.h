#pragma once

#include <hdf5.h>
#include <string.h>

// What libhdf5 offers as macros, which Swift does not import.

static inline unsigned mrdl_h5f_truncate(void) { return H5F_ACC_TRUNC; }

static inline hid_t mrdl_h5p_default(void) { return H5P_DEFAULT; }
static inline hid_t mrdl_h5p_file_create(void) { return H5P_FILE_CREATE; }
static inline hid_t mrdl_h5p_file_access(void) { return H5P_FILE_ACCESS; }
static inline hid_t mrdl_h5p_group_create(void) { return H5P_GROUP_CREATE; }
static inline hid_t mrdl_h5p_dataset_create(void) { return H5P_DATASET_CREATE; }
static inline hid_t mrdl_h5p_link_create(void) { return H5P_LINK_CREATE; }

static inline hid_t mrdl_h5s_all(void) { return H5S_ALL; }

static inline hid_t mrdl_h5t_string(void) { return H5T_C_S1; }
static inline size_t mrdl_h5t_variable(void) { return H5T_VARIABLE; }
static inline hid_t mrdl_h5t_f64(void) { return H5T_IEEE_F64LE; }
static inline hid_t mrdl_h5t_f32(void) { return H5T_IEEE_F32LE; }
static inline hid_t mrdl_h5t_i8(void) { return H5T_STD_I8LE; }
static inline hid_t mrdl_h5t_i16(void) { return H5T_STD_I16LE; }
static inline hid_t mrdl_h5t_i32(void) { return H5T_STD_I32LE; }
static inline hid_t mrdl_h5t_i64(void) { return H5T_STD_I64LE; }
static inline hid_t mrdl_h5t_u8(void) { return H5T_STD_U8LE; }
static inline hid_t mrdl_h5t_u16(void) { return H5T_STD_U16LE; }
static inline hid_t mrdl_h5t_u32(void) { return H5T_STD_U32LE; }
static inline hid_t mrdl_h5t_u64(void) { return H5T_STD_U64LE; }

/// Whether the library can deflate.
static inline int mrdl_h5z_has_deflate(void) {
  return H5Zfilter_avail(H5Z_FILTER_DEFLATE) > 0;
}

/// Keeps the library from printing its errors.
static inline void mrdl_h5e_silence(void) { (void)H5Eset_auto2(H5E_DEFAULT, NULL, NULL); }

struct mrdl_h5e_text {
  char *text;
  size_t capacity;
};

static inline herr_t mrdl_h5e_copy(unsigned depth, const H5E_error2_t *error, void *target) {
  struct mrdl_h5e_text *copy = (struct mrdl_h5e_text *)target;
  (void)depth;
  // Walking goes from the innermost call outwards: the first description is the reason.
  if (copy->text[0] == 0 && error->desc != NULL) {
    strncpy(copy->text, error->desc, copy->capacity - 1);
    copy->text[copy->capacity - 1] = 0;
  }
  return 0;
}

/// Writes the reason of the calling thread's last failed call, terminated and cut to fit `capacity`
/// bytes; empty where the library tells none.
static inline void mrdl_h5e_describe(char *text, size_t capacity) {
  if (capacity == 0) return;
  text[0] = 0;
  struct mrdl_h5e_text copy = {text, capacity};
  (void)H5Ewalk2(H5E_DEFAULT, H5E_WALK_UPWARD, mrdl_h5e_copy, &copy);
}
