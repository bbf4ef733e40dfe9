"""jd-sdk (JD's own) and pyjos ask the sandbox, unmodified but for the base URL: jd-sdk posts everything in the query of
an absolute request target, pyjos gets it with a local time stamp (TZ is the platform's) and {} or null as parameters.
Usage: jd_clients.py KEFU_SANDBOX. Errors show no URL, which may hold a token."""
import json
import os
import subprocess
import sys
import time
import urllib.request

os.environ["TZ"] = "Asia/Shanghai"
time.tzset()

import jd.api.base  # noqa: E402
from pyjos.client import JdClient  # noqa: E402
import jd  # noqa: E402

APP_KEY = "0A1B2C3D4E5F60718293A4B5C6D7E8F9"
SECRET = "planted5ecret0f1a2b3c4d5e6f70819"


class Sandbox:
    def __init__(self, program):
        self.child = subprocess.Popen([program, "--port", "0"], stdout=subprocess.PIPE, text=True)
        self.urls = json.loads(self.child.stdout.readline())

    def control(self, method, path, body=None):
        data = json.dumps(body or {}).encode()
        request = urllib.request.Request(self.urls["control"] + path, data=data, method=method)
        with urllib.request.urlopen(request, timeout=30) as reply:
            return json.loads(reply.read())

    def close(self):
        self.child.terminate()
        self.child.wait(30)


def check(what, condition):
    if not condition:
        raise SystemExit("judge: " + what)


class Call(jd.api.base.RestApi):
    """What every request class of jd-sdk is: a name and attributes."""

    def __init__(self, domain, port, name, **parameters):
        jd.api.base.RestApi.__init__(self, domain, port)
        self._RestApi__name = name
        for key, value in parameters.items():
            setattr(self, key, value)

    def getapiname(self):
        return self._RestApi__name


def judge_jd_sdk(sandbox, token):
    host, port = sandbox.urls["jd"].split("//")[1].split(":")
    jd.setDefaultAppInfo(APP_KEY, SECRET)

    def call(name, access_token=token, **parameters):
        return Call(host, int(port), name, **parameters).getResponse(access_token)

    shop = call("jingdong.vender.shop.query")
    check("vender.shop.query", shop["jingdong_vender_shop_query_responce"]["shop_jos_result"]["vender_id"] == 10001)
    today = time.strftime("%Y-%m-%d 00:00:00")
    sessions = call("jingdong.im.pop.sessionlist.get", startTime=today, endTime=today, page=1, pageSize=50)
    page = sessions["jingdong_im_pop_sessionlist_get_responce"]["ChatSessionPage"]
    check("sessionlist", page["totalRecord"] == 1 and page["chatSessionList"][0]["customer"] == "jd_buyer_001")
    log = call("jingdong.im.pop.chatlog.get", customer="jd_buyer_001", startTime=today, endTime=today, page=1,
               pageSize=50)
    lines = log["jingdong_im_pop_chatlog_get_responce"]["ChatLogPage"]["chatLogList"]
    check("chatlog", lines[0]["content"] == "hello & goodbye" and lines[0]["channel"] == 11)
    refused = call("jingdong.vender.shop.query", access_token="a1b2c3d4e5f64718829304a5b6c7d8e9njaz")
    check("code 19", refused["error_response"]["code"] == "19")
    jd.setDefaultAppInfo(APP_KEY, SECRET[:-1] + "0")
    check("code 12", call("jingdong.vender.shop.query")["error_response"]["code"] == "12")


class Request:
    def __init__(self, name, parameters):
        self.api_method_name = name
        self.api_params = parameters


def judge_pyjos(sandbox, token):
    client = JdClient()
    client.server_url = sandbox.urls["jd"] + "/routerjson"
    client.app_key, client.app_secret = APP_KEY, SECRET
    for none in ("{}", "null", "[]"):
        answer = client.execute(Request("jingdong.vender.shop.query", none), token)
        check("vender.shop.query " + none, "jingdong_vender_shop_query_responce" in answer)
    day = time.strftime("%Y-%m-%d 00:00:00")
    answer = client.execute(Request("jingdong.im.pop.evaluationlist.get",
                                    json.dumps({"startTime": day, "endTime": day, "page": 1, "pageSize": 50})), token)
    check("evaluationlist", answer["jingdong_im_pop_evaluationlist_get_responce"]["Evaluation"][0]["score"] == 75)
    answer = client.execute(Request("jingdong.seller.vender.info.get", "{}"), token)
    check("vender.info", answer["jingdong_seller_vender_info_get_responce"]["vender_info_result"]["cate_main"] == 1315)


def main():
    sandbox = Sandbox(sys.argv[1])
    try:
        sandbox.control("POST", "/jd/apps", {"app_key": APP_KEY, "app_secret": SECRET})
        sandbox.control("POST", "/jd/shops", {"shop": "flagship", "vender_id": 10001, "main_account": "flagship-zhang"})
        token = sandbox.control("POST", "/jd/grants", {"app_key": APP_KEY, "shop": "flagship"})["access_token"]
        buyer = "/jd/shops/flagship/buyers/jd_buyer_001/"
        sandbox.control("POST", buyer + "write", {"content": "hello & goodbye"})
        sandbox.control("POST", buyer + "rate", {"score": 75})
        judge_jd_sdk(sandbox, token)
        judge_pyjos(sandbox, token)
        print("jd-sdk and pyjos read the shop, its sessions, chat lines and ratings, and met the codes 12 and 19")
    finally:
        sandbox.close()


if __name__ == "__main__":
    main()
