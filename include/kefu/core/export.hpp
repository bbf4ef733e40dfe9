#pragma once

/// Marks what the shared library exports; everything else stays hidden. Names in `detail` are marked where the
/// components, libraries of their own, are built on them; hosts leave them alone.
#if defined(KEFU_STATIC_DEFINE)
#define KEFU_EXPORT
#elif defined(KEFU_BUILDING_LIBRARY)
#define KEFU_EXPORT __attribute__((visibility("default")))
#else
#define KEFU_EXPORT __attribute__((visibility("default")))
#endif

/// All names live in `kefu`; the inline namespace keeps two incompatible versions apart in one process.
#define KEFU_BEGIN_NAMESPACE \
  namespace kefu {           \
  inline namespace v0 {
#define KEFU_END_NAMESPACE \
  }                        \
  }
