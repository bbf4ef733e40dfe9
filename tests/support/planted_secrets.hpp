#pragma once

/// Credentials that tests, judges and the quickstart use so that tests/secrets.sh can look for them in everything a run
/// prints (SEC-1). Give them to the code under test as app secret, push token and so on; never print them, and never
/// compare them with an assertion that would show them. Keep the form: the script reads every quoted text after `=`.
namespace kefu_test {

inline constexpr char kPlantedAppSecret[] = "planted5ecret0f1a2b3c4d5e6f70819";
inline constexpr char kPlantedPushToken[] = "plantedPushTok3n7Kq2";
inline constexpr char kPlantedPreviousPushToken[] = "plantedOldPushTok3n9Xw";
inline constexpr char kPlantedAesKey[] = "plantedAesKeyForKefuTests0123456789ABCDEFGA";
inline constexpr char kPlantedPreviousAesKey[] = "plantedOldAesKeyForKefuTests01234567890ABCE";
inline constexpr char kPlantedAccessToken[] = "planted_ACCESS_t0ken_6uYVb1Zr8s";
inline constexpr char kPlantedRefreshToken[] = "planted_REFRESH_t0ken_9qLmW4x";
inline constexpr char kPlantedAuthorizationCode[] = "plantedC0deOfARedirect7Hz";
inline constexpr char kPlantedJdAppSecret[] = "plantedJd5ecret0f1a2b3c4d5e6f708";
inline constexpr char kPlantedDongDongSecret[] = "plantedDongDongSecr3t8Vd";
inline constexpr char kPlantedProxyPassword[] = "plantedProxyPa55word";

}  // namespace kefu_test
