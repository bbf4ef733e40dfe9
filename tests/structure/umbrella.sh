#!/usr/bin/env bash
# Writes include/kefu/kefu.hpp anew from the public headers of the rooms in kefu::kefu. Run it after adding a header.
set -eu
export LC_ALL=C.UTF-8
cd "$(dirname "${BASH_SOURCE[0]}")/../../include"
{
  cat <<'TEXT'
#pragma once

/// Everything of `kefu::kefu` in one include. The components have headers of their own: <kefu/stores/...> for
/// kefu::sqlite and <kefu/sandbox/...> for kefu::sandbox. Written by tests/structure/umbrella.sh.

TEXT
  for room in core channel wechat jd desk; do
    [ -d "kefu/$room" ] && find "kefu/$room" -name '*.hpp' ! -name coroutine.hpp
  done | sort | sed 's/.*/#include <&>/'
  cat <<'TEXT'

#if defined(__cpp_impl_coroutine)
#include <kefu/core/coroutine.hpp>
#endif
TEXT
} >kefu/kefu.hpp
