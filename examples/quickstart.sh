#!/usr/bin/env bash
# The main job on one machine: the platforms' twins (kefu-sandbox), a host program with kefu inside (quickstart_host), and
# customers of WeChat and JD who talk to it. On a bare Debian 12 it first installs what is missing (as root).
set -u
export LC_ALL=C.UTF-8
usage() {
  cat <<'TEXT'
usage: examples/quickstart.sh [--serve]

  (nothing)  runs the conversation, prints it as a table, exits non-zero if any step did not happen
  --serve    the same, then keeps twin and host running until Ctrl-C
TEXT
}

top=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd) || exit 1
cd "$top" || exit 1
. .ci/packages.sh

serve=0
case ${1:-} in
  '') ;;
  --serve) serve=1 ;;
  -h | --help)
    usage
    exit 0
    ;;
  *)
    usage >&2
    stop "unknown argument '$1'"
    ;;
esac

logs=$top/build/logs
bin=$top/build/release/bin
work=$top/build/quickstart
mkdir -p "$logs"

# shellcheck disable=SC2086
kefu_install $kefu_build_packages $kefu_example_packages
say "Building (release): some minutes the first time; log: $logs/build-quickstart.log"
kefu_build release "$logs/build-quickstart.log" kefu_sandbox_program quickstart_host quickstart_customers \
  kefu_cli -- \
  -DKEFU_UNITY=ON $([ -z "$(kefu_missing doctest-dev)" ] || echo -DKEFU_BUILD_TESTS=OFF)

# What was left of an earlier run must not answer for this one.
rm -rf "$work"
mkdir -p "$work"
children=""
finish() {
  trap - EXIT INT TERM
  # shellcheck disable=SC2086
  [ -z "$children" ] || { kill $children && wait $children; } 2>/dev/null
}
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# start NAME FIELD COMMAND...: starts a program in the background and waits up to 15 s for the JSON line on its standard
# output that has FIELD; sets $line.
start() {
  local name=$1 field=$2 pid i
  shift 2
  # Emptied here and not only by the redirection, which happens at some later moment: the line must be this run's.
  : >"$logs/quickstart-$name.log"
  "$@" >"$logs/quickstart-$name.log" 2>"$logs/quickstart-$name.err" &
  pid=$!
  children="$pid $children"
  for ((i = 0; i < 150; ++i)); do
    line=$(grep -m 1 "\"$field\"" "$logs/quickstart-$name.log")
    [ -n "$line" ] && return 0
    kill -0 "$pid" 2>/dev/null || break
    sleep 0.1
  done
  cat "$logs/quickstart-$name.err" >&2
  stop "$name did not start (see above, and $logs/quickstart-$name.log)."
}
# value NAME: the text of that field in $line.
value() { sed -n 's/.*"'"$1"'" *: *"\([^"]*\)".*/\1/p' <<<"$line"; }

say "Starting the twins of the platforms (kefu-sandbox)"
start sandbox wechat "$bin/kefu-sandbox" --port 0
api=$(value wechat) jd=$(value jd) control=$(value control)

# Made-up credentials for the twins' accounts; the samples are published ones with the credentials published with them.
cat >"$work/host.json" <<JSON
{
  "port": 0,
  "store": "$work/kefu.db",
  "accounts": [
    {"app_id": "wx7f1a2b3c4d5e6f70", "app_secret": "planted5ecret0f1a2b3c4d5e6f70819", "kind": "service_account",
     "original_id": "gh_1a2b3c4d5e6f", "mode": "safe", "token": "plantedPushTok3n7Kq2",
     "encoding_aes_key": "plantedAesKeyForKefuTests0123456789ABCDEFGA", "base_url": "$api"},
    {"app_id": "wx2c2769f8efd9abc2", "app_secret": "unused", "kind": "service_account", "recorded": true,
     "original_id": "gh_10f6c3c3ac5a", "mode": "safe", "token": "spamtest",
     "encoding_aes_key": "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG", "base_url": "$api",
     "sample": "mp-official-sample-message"},
    {"app_id": "wx669ef95216eef885", "app_secret": "unused", "kind": "service_account", "recorded": true,
     "original_id": "gh_a96a4a619366", "mode": "compatible", "token": "weixin",
     "encoding_aes_key": "mNnY5GekpChwqhy2c4NBH90g3hND6GeI4gii2YCvKLY", "base_url": "$api",
     "sample": "senparc-compat-mode"},
    {"app_id": "wxba5fad812f8e6fb9", "app_secret": "unused", "kind": "mini_program", "recorded": true,
     "original_id": "gh_97417a04a28d", "mode": "safe", "token": "AAAAA",
     "encoding_aes_key": "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", "base_url": "$api",
     "sample": "doc-mini-program-json-push"},
    {"platform": "jd", "shop": "flagship", "poll_seconds": 1,
     "size_chart_url": "https://img.example.com/size-chart.png",
     "dongdong": {"aspid": "110.200.0000001.001", "secret": "plantedDongDongSecr3t8Vd", "from_pin": "flagship-anna"},
     "after_sale": {"bu_id": "10001", "operate_pin": "flagship-anna", "operate_nick": "客服安娜"}}
  ],
  "jd_app": {"app_key": "0A1B2C3D4E5F60718293A4B5C6D7E8F9", "app_secret": "plantedJd5ecret0f1a2b3c4d5e6f708",
             "calls_per_day": 10000000, "gateway_url": "$jd", "oauth_url": "$jd"}
}
JSON
# The program kefu's own view of the same shop: it shares the host's store, and so the authorization.
cat >"$work/jd.json" <<JSON
{
  "app_key": "0A1B2C3D4E5F60718293A4B5C6D7E8F9", "app_secret": "plantedJd5ecret0f1a2b3c4d5e6f708",
  "gateway_url": "$jd", "oauth_url": "$jd", "store": "$work/kefu.db", "shop": "flagship"
}
JSON
chmod 600 "$work/host.json" "$work/jd.json"

say "Starting the host (quickstart_host)"
start host listening "$bin/quickstart_host" "$work/host.json"
host=$(value url)

# In Beijing, as JD counts days.
first_day=$(TZ=UTC-8 date +%F)
say "Customers talk to it, on WeChat and on JD"
echo
"$bin/quickstart_customers" "$control" "$host" "$logs/quickstart-host.log" "$work/host.json" tests/data/wechat-crypto.json \
  2>&1 | tee "$logs/quickstart.log"
status=${PIPESTATUS[0]}
[ "$status" = 0 ] || {
  cat "$logs/quickstart-host.err" "$logs/quickstart-sandbox.err" >&2
  stop "some steps did not happen; the logs are in $logs/quickstart-*.log"
}

# The shop's service quality, as its operator would look at it; what the scores mean is the operator's to say.
echo
say "The JD shop's service quality: kefu jd report --satisfied 4,5 --dissatisfied 1,2"
"$bin/kefu" jd report --config "$work/jd.json" --from "$first_day" --to "$(TZ=UTC-8 date +%F)" --satisfied 4,5 \
  --dissatisfied 1,2 >"$logs/quickstart-report.log" 2>&1
status=$?
cat "$logs/quickstart-report.log"
[ "$status" = 0 ] && grep -q flagship-anna "$logs/quickstart-report.log" ||
  stop "the report does not name the agent; the logs are in $logs/quickstart-*.log"

if [ "$serve" = 1 ]; then
  cat <<TEXT

The twins and the host keep running; Ctrl-C ends them.
  host     $host   callback $host/wechat/wx7f1a2b3c4d5e6f70, figures $host/metrics
  WeChat   $api
  JD       $jd   is the token taken: $host/jd/check/flagship
  control  $control   (GET / lists what can be done)
A customer writes, and reads what came back:
  curl -X POST $control/customers/oMe/text -d '{"appid":"wx7f1a2b3c4d5e6f70","content":"什么时候发货"}'
  curl '$control/customers/oMe/messages?appid=wx7f1a2b3c4d5e6f70'
What was said with that customer, by the platform's record (answers to pushes are not in it):
  curl $host/records/wx7f1a2b3c4d5e6f70/oMe
The same on JD:
  curl -X POST $control/jd/shops/flagship/buyers/me/write -d '{"content":"什么时候发货"}'
  curl '$control/jd/shops/flagship/buyers/me/messages?wait_ms=5000'
The program kefu on the same shop:
  $bin/kefu jd evaluations --config $work/jd.json --from $first_day --to $first_day
TEXT
  # shellcheck disable=SC2086
  wait $children
fi
