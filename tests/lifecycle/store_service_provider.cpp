// The example for service providers: two processes over one SQLite file, killed and ended in the middle.
#ifdef KEFU_SERVICE_PROVIDER
#include "lifecycle/provider_street.hpp"
#include "support/temp_folder.hpp"

TEST_CASE(
    "examples/service_provider: merchants are onboarded by link, and whatever ends, each customer is answered once") {
  const kefu_test::TempFolder folder;
  kefu_test::serve_through_ends("sqlite:" + folder.file("provider.db"), false);
}
#endif
