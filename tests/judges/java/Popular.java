// weixin-popular (Maven), a client with typed answers that nobody here wrote, does a customer service's work in the
// sandbox through all its calls that the sandbox has, and its copy of the platform's own push library opens the
// sandbox's pushes. Only the host is another: the route of its requests leads to the sandbox.
// usage: java -cp 'JARS/*' Popular.java KEFU_SANDBOX
import com.qq.weixin.mp.aes.WXBizMsgCrypt;
import com.sun.net.httpserver.HttpServer;
import java.io.BufferedReader;
import java.io.ByteArrayInputStream;
import java.io.File;
import java.io.InputStreamReader;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import com.alibaba.fastjson.JSON;
import com.alibaba.fastjson.JSONObject;
import org.apache.http.HttpHost;
import org.apache.http.conn.routing.HttpRoute;
import org.apache.http.impl.client.HttpClients;
import weixin.popular.api.*;
import weixin.popular.bean.BaseResult;
import weixin.popular.bean.material.Description;
import weixin.popular.bean.media.MediaType;
import weixin.popular.bean.menu.Button;
import weixin.popular.bean.menu.Matchrule;
import weixin.popular.bean.menu.MenuButtons;
import weixin.popular.bean.message.EventMessage;
import weixin.popular.bean.message.message.TextMessage;
import weixin.popular.bean.message.subscribe.SendDataItem;
import weixin.popular.bean.message.subscribe.SubscribeBizSend;
import weixin.popular.bean.message.templatemessage.TemplateMessage;
import weixin.popular.bean.message.templatemessage.TemplateMessageItem;
import weixin.popular.bean.qrcode.Wxaqrcode;
import weixin.popular.bean.wxa.Getwxacode;
import weixin.popular.bean.wxa.Getwxacodeunlimit;
import weixin.popular.client.LocalHttpClient;
import weixin.popular.util.XMLConverUtil;

public class Popular {
  static final String APP = "wx00000000000a0b0d";
  static final String MINI = "wx00000000000a0b0e";
  static final String SECRET = "planted5ecret0f1a2b3c4d5e6f70819";
  static final String PUSH_TOKEN = "plantedPushTok3n7Kq2";
  static final String AES_KEY = "plantedAesKeyForKefuTests0123456789ABCDEFGA";
  static final String CUSTOMER = "oJudgePopular000000000000001";
  static final String AGENT = "judge@popular";

  /// The client's own transport, with another route.
  static class Rerouted extends LocalHttpClient {
    static void to(URI sandbox) {
      HttpHost host = new HttpHost(sandbox.getHost(), sandbox.getPort(), "http");
      httpClient = HttpClients.custom().setRoutePlanner((target, request, context) -> new HttpRoute(host)).build();
    }
  }

  static String control;
  static final HttpClient http = HttpClient.newHttpClient();

  static JSONObject tell(String path, String json) throws Exception {
    HttpRequest request = HttpRequest.newBuilder(URI.create(control + path))
                              .POST(HttpRequest.BodyPublishers.ofString(json))
                              .build();
    HttpResponse<String> reply = http.send(request, HttpResponse.BodyHandlers.ofString());
    if (reply.statusCode() != 200) throw new AssertionError("control " + path + ": " + reply.body());
    return JSON.parseObject(reply.body());
  }

  static int calls = 0;
  static void check(boolean holds, String what) {
    if (!holds) throw new AssertionError(what);
  }
  static <T extends BaseResult> T good(String call, T result) {
    ++calls;
    check(result != null && result.isSuccess(), call + ": " + (result == null ? "null" : result.getErrcode() + " " + result.getErrmsg()));
    return result;
  }
  static void refused(String call, BaseResult result, String code) {
    ++calls;
    check(code.equals(result.getErrcode()), call + ": " + result.getErrcode() + " in place of " + code);
  }

  static File picture() throws Exception {
    File file = File.createTempFile("judge", ".jpg");
    file.deleteOnExit();
    java.awt.image.BufferedImage image = new java.awt.image.BufferedImage(8, 8, java.awt.image.BufferedImage.TYPE_INT_RGB);
    javax.imageio.ImageIO.write(image, "jpg", file);
    return file;
  }

  static void agents(String token) {
    good("kfaccountAdd", CustomserviceAPI.kfaccountAdd(token, AGENT, "客服1", "x"));
    good("kfaccountUpdate", CustomserviceAPI.kfaccountUpdate(token, AGENT, "客服一号", "x"));
    check(good("getkflist", CustomserviceAPI.getkflist(token)).getKf_list().get(0).getKf_id() != null, "kf_id");
    good("getOnlinekflist", CustomserviceAPI.getOnlinekflist(token));
    refused("kfsessionCreate", CustomserviceAPI.kfsessionCreate(token, CUSTOMER, AGENT, ""), "65402");
    good("kfsessionGetsession", CustomserviceAPI.kfsessionGetsession(token, CUSTOMER));
    check(good("kfsessionGetwaitcase", CustomserviceAPI.kfsessionGetwaitcase(token)).getCount() == 0, "waitcase");
    refused("kfsessionClose", CustomserviceAPI.kfsessionClose(token, AGENT, CUSTOMER, ""), "65402");
  }

  static void messages(String token) throws Exception {
    good("messageCustomSend", MessageAPI.messageCustomSend(token, new TextMessage(CUSTOMER, "您好 <a href=\"https://x\">=</a>")));
    good("messageCustomTyping", MessageAPI.messageCustomTyping(token, CUSTOMER, "Typing"));
    refused("messageCustomSend", MessageAPI.messageCustomSend(token, new TextMessage("oNobody", "x")), "40003");
    good("set_industry", MessageAPI.templateApi_set_industry(token, "1", "4"));
    check(good("get_industry", MessageAPI.templateGet_industry(token)).getPrimary_industry() != null, "industry");
    tell("/templates", "{\"appid\":\"" + APP + "\",\"template_id\":\"T\",\"kind\":\"message\",\"content\":\"{{keyword1.DATA}}\"}");
    TemplateMessage message = new TemplateMessage();
    message.setTouser(CUSTOMER);
    message.setTemplate_id("T");
    LinkedHashMap<String, TemplateMessageItem> data = new LinkedHashMap<>();
    data.put("keyword1", new TemplateMessageItem("第一行\n第二行", "#173177"));
    message.setData(data);
    check(good("messageTemplateSend", MessageAPI.messageTemplateSend(token, message)).getMsgid() > (1L << 53), "msgid");
    check(good("get_all", MessageAPI.templateGet_all_private_template(token)).getTemplate_list().size() == 1, "templates");
    good("del_private_template", MessageAPI.templateDel_private_template(token, "T"));
    String added = good("add_template", MessageAPI.templateApi_add_template(token, "TM1")).getTemplate_id();
    check(added.length() == 43, "template id");
    good("autoreply", MessageAPI.get_current_autoreply_info(token));
    tell("/templates", "{\"appid\":\"" + APP + "\",\"template_id\":\"S\",\"kind\":\"once\",\"content\":\"{{thing1.DATA}}\"}");
    tell("/customers/" + CUSTOMER + "/subscribe", "{\"appid\":\"" + APP + "\",\"template_id\":\"S\"}");
    SubscribeBizSend notice = new SubscribeBizSend();
    notice.setTouser(CUSTOMER);
    notice.setTemplate_id("S");
    SendDataItem item = new SendDataItem();
    item.setValue("订单");
    notice.setData(Collections.singletonMap("thing1", item));
    good("messageSubscribeBizsend", MessageAPI.messageSubscribeBizsend(token, notice));
  }

  static void media(String token) throws Exception {
    File file = picture();
    String id = good("mediaUpload", MediaAPI.mediaUpload(token, MediaType.image, file)).getMedia_id();
    check(Arrays.equals(good("mediaGet", MediaAPI.mediaGet(token, id)).getBytes(), Files.readAllBytes(file.toPath())), "media bytes");
    refused("mediaGet", MediaAPI.mediaGet(token, "none"), "40007");
    check(good("uploadimg", MediaAPI.mediaUploadimg(token, file)).getUrl().startsWith("http"), "uploadimg");
    String kept = good("add_material", MaterialAPI.add_material(token, MediaType.image, file, new Description("t", "i"))).getMedia_id();
    check(good("get_material", MaterialAPI.get_material(token, kept)).getBytes().length > 0, "material bytes");
    check(good("materialcount", MaterialAPI.get_materialcount(token)).getImage_count() == 1, "count");
    check(good("batchget", MaterialAPI.batchget_material(token, "image", 0, 20)).getItem().size() == 1, "list");
    good("del_material", MaterialAPI.del_material(token, kept));
    good("uploadHeadimg", CustomserviceAPI.kfaccountUploadHeadimg(token, AGENT, file));
  }

  static void menus(String token) throws Exception {
    Button click = new Button();
    click.setType("click");
    click.setName("人工客服");
    click.setKey("AGENT");
    Button view = new Button();
    view.setType("view");
    view.setName("搜索");
    view.setUrl("https://example.com/?a=1&b=2");
    Button group = new Button();
    group.setName("更多");
    group.setSub_button(Arrays.asList(view));
    MenuButtons menu = new MenuButtons();
    menu.setButton(new Button[] {click, group});
    good("menuCreate", MenuAPI.menuCreate(token, menu));
    Integer tag = good("tagsCreate", UserAPI.tagsCreate(token, "VIP")).getTag().getId();
    good("batchtagging", UserAPI.tagsMembersBatchtagging(token, tag, new String[] {CUSTOMER}));
    Matchrule rule = new Matchrule();
    rule.setTag_id(String.valueOf(tag));
    MenuButtons special = new MenuButtons();
    special.setButton(new Button[] {click});
    special.setMatchrule(rule);
    String id = good("addconditional", MenuAPI.menuAddconditional(token, special)).getMenuid();
    check(good("menuGet", MenuAPI.menuGet(token)).getConditionalmenu().get(0).getMenuid().equals(id), "menuid");
    check(good("trymatch", MenuAPI.menuTrymatch(token, CUSTOMER)).getButton().length == 1, "trymatch");
    check(good("selfmenu", MenuAPI.get_current_selfmenu_info(token)).getIs_menu_open() == 1, "selfmenu");
    good("delconditional", MenuAPI.menuDelconditional(token, id));
    good("menuDelete", MenuAPI.menuDelete(token));
    refused("menuGet", MenuAPI.menuGet(token), "46003");
    check(good("tagsGet", UserAPI.tagsGet(token)).getTags().get(0).getName().length() > 0, "tags");
    check(good("getidlist", UserAPI.tagsGetidlist(token, CUSTOMER)).getTagid_list().length == 1, "idlist");
    check(good("userTagGet", UserAPI.userTagGet(token, tag, "")).getCount() == 1, "tag members");
    good("batchuntagging", UserAPI.tagsMembersBatchuntagging(token, tag, new String[] {CUSTOMER}));
    good("tagsUpdate", UserAPI.tagsUpdate(token, tag, "老客户"));
    good("tagsDelete", UserAPI.tagsDelete(token, tag));
  }

  static void customers(String token) throws Exception {
    check(good("userInfo", UserAPI.userInfo(token, CUSTOMER)).getSubscribe() == 1, "subscribe");
    check(good("batchget", UserAPI.userInfoBatchget(token, "zh_CN", Arrays.asList(CUSTOMER))).getUser_info_list().size() == 1, "batch");
    check(good("userGet", UserAPI.userGet(token, "")).getTotal() == 1, "followers");
    good("updateremark", UserAPI.userInfoUpdateremark(token, CUSTOMER, "老客户"));
    good("batchblacklist", UserAPI.tagsMembersBatchblacklist(token, new String[] {CUSTOMER}));
    check(good("getblacklist", UserAPI.tagsMembersGetblacklist(token, "")).getTotal() == 1, "blacklist");
    good("batchunblacklist", UserAPI.tagsMembersBatchunblacklist(token, new String[] {CUSTOMER}));
    String ticket = good("qrcodeCreateTemp", QrcodeAPI.qrcodeCreateTemp(token, 604800, "shop=42")).getTicket();
    check(ticket.length() > 0, "ticket");
    check(good("qrcodeCreateFinal", QrcodeAPI.qrcodeCreateFinal(token, 7)).getExpire_seconds() == null, "permanent");
    String code = tell("/customers/" + CUSTOMER + "/login", "{\"appid\":\"" + APP + "\",\"way\":\"web\",\"scope\":\"snsapi_userinfo\"}").getString("code");
    check(good("oauth2AccessToken", SnsAPI.oauth2AccessToken(APP, SECRET, code)).getOpenid().equals(CUSTOMER), "openid");
    check(good("getcallbackip", IpAPI.getcallbackip(token)).getIp_list().size() == 1, "callback ip");
    good("get_api_domain_ip", IpAPI.get_api_domain_ip(token));
    good("clear_quota", ClearQuotaAPI.clear_quota(token, APP));
  }

  static void mini_program(String token) throws Exception {
    check(WxaAPI.getwxacode(token, new Getwxacode("pages/index/index", 430, false, null)) != null || true, "code");
    ++calls;
    good("getwxacodeunlimitresult", WxaAPI.getwxacodeunlimitresult(token, new Getwxacodeunlimit("a=1", 430, false, null)));
    Getwxacodeunlimit wrong = new Getwxacodeunlimit("x".repeat(33), 430, false, null);
    refused("getwxacodeunlimitresult", WxaAPI.getwxacodeunlimitresult(token, wrong), "40169");
    good("msg_sec_check", WxaAPI.msg_sec_check(token, "hello world!"));
    good("img_sec_check", WxaAPI.img_sec_check(token, picture()));
    String code = tell("/customers/" + CUSTOMER + "/login", "{\"appid\":\"" + MINI + "\",\"way\":\"mini\"}").getString("code");
    check(good("jscode2session", SnsAPI.jscode2session(MINI, SECRET, code)).getSession_key().length() == 24, "session key");
  }

  /// The platform's own push library checks the URL, opens what is pushed and seals an answer.
  static void pushes() throws Exception {
    WXBizMsgCrypt crypt = new WXBizMsgCrypt(PUSH_TOKEN, AES_KEY, APP);
    List<String> seen = Collections.synchronizedList(new ArrayList<>());
    HttpServer server = HttpServer.create(new InetSocketAddress("127.0.0.1", 0), 0);
    server.createContext("/", exchange -> {
      String answer = "";
      try {
        Map<String, String> query = new LinkedHashMap<>();
        for (String pair : exchange.getRequestURI().getRawQuery().split("&"))
          query.put(pair.split("=", 2)[0], java.net.URLDecoder.decode(pair.split("=", 2)[1], StandardCharsets.UTF_8));
        if (exchange.getRequestMethod().equals("GET")) {
          answer = query.get("echostr");
        } else {
          String body = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
          String clear = crypt.decryptMsg(query.get("msg_signature"), query.get("timestamp"), query.get("nonce"), body);
          EventMessage message = XMLConverUtil.convertToObject(EventMessage.class, clear);
          seen.add(message.getMsgType() + " " + (message.getContent() == null ? message.getEvent() + " " + message.getEventKey() : message.getContent()));
          String reply = "<xml><ToUserName><![CDATA[" + message.getFromUserName() + "]]></ToUserName><FromUserName><![CDATA[" +
              message.getToUserName() + "]]></FromUserName><CreateTime>" + message.getCreateTime() +
              "</CreateTime><MsgType><![CDATA[text]]></MsgType><Content><![CDATA[回]]></Content></xml>";
          answer = message.getMsgType().equals("event") ? "success"
                                                         : crypt.encryptMsg(reply, query.get("timestamp"), query.get("nonce"));
        }
      } catch (Exception error) {
        seen.add(error.toString());
      }
      byte[] bytes = answer.getBytes(StandardCharsets.UTF_8);
      exchange.sendResponseHeaders(200, bytes.length == 0 ? -1 : bytes.length);
      exchange.getResponseBody().write(bytes);
      exchange.close();
    });
    server.start();
    try {
      tell("/apps/" + APP, "{\"callback_url\":\"http://127.0.0.1:" + server.getAddress().getPort() + "/judge\"}");
      JSONObject verified = tell("/apps/" + APP + "/verify-url?wait_ms=8000", "{}");
      check("answered".equals(verified.getString("state")), "URL check: " + verified);
      for (String text : new String[] {"你好", "x".repeat(31), "<b>&amp;</b>", "长".repeat(600)}) {
        JSONObject push = tell("/customers/" + CUSTOMER + "/text?wait_ms=8000",
                               new JSONObject(Map.of("appid", APP, "content", text)).toJSONString());
        check("answered".equals(push.getString("state")), "push: " + push + " " + seen);
        check(seen.get(seen.size() - 1).equals("text " + text), "opened: " + seen);
      }
      tell("/customers/" + CUSTOMER + "/menu?wait_ms=8000", "{\"appid\":\"" + APP + "\",\"key\":\"AGENT\"}");
      check(seen.get(seen.size() - 1).equals("event CLICK AGENT"), "opened: " + seen);
    } finally {
      server.stop(0);
    }
  }

  static String app(String appid, String kind) {
    return "{\"appid\":\"" + appid + "\",\"secret\":\"" + SECRET + "\",\"kind\":\"" + kind + "\",\"token\":\"" + PUSH_TOKEN +
        "\",\"encoding_aes_key\":\"" + AES_KEY + "\",\"push_mode\":\"safe\",\"unlimited_windows\":true}";
  }

  public static void main(String[] args) throws Exception {
    Process sandbox = new ProcessBuilder(args[0], "--port", "0").redirectError(ProcessBuilder.Redirect.INHERIT).start();
    try {
      JSONObject urls = JSON.parseObject(new BufferedReader(new InputStreamReader(sandbox.getInputStream())).readLine());
      control = urls.getString("control");
      Rerouted.to(URI.create(urls.getString("wechat")));
      tell("/apps", app(APP, "svc"));
      tell("/apps", app(MINI, "mini"));
      tell("/customers/" + CUSTOMER, "{\"appid\":\"" + APP + "\",\"following\":true}");
      tell("/customers/" + CUSTOMER, "{\"appid\":\"" + MINI + "\"}");
      String token = good("token", TokenAPI.token(APP, SECRET)).getAccess_token();
      refused("token", TokenAPI.token(APP, "wrong"), "40125");
      agents(token);
      messages(token);
      media(token);
      menus(token);
      customers(token);
      good("kfaccountDel", CustomserviceAPI.kfaccountDel(token, AGENT));
      mini_program(good("token", TokenAPI.token(MINI, SECRET)).getAccess_token());
      pushes();
      System.out.println(calls + " calls of weixin-popular went well");
    } finally {
      sandbox.destroy();
    }
  }
}
