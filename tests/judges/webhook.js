// A webhook made of wechat-crypto (npm) takes the sandbox's pushes and answers them. usage: node webhook.js KEFU_SANDBOX
'use strict';
const assert = require('assert');
const http = require('http');
const { URL } = require('url');
const WXBizMsgCrypt = require('wechat-crypto');
const { run } = require('./sandbox');

const field = (xml, name) => {
  const found = new RegExp(`<${name}>(?:<!\\[CDATA\\[([\\s\\S]*?)\\]\\]>|([^<]*))</${name}>`).exec(xml);
  return found ? (found[1] === undefined ? found[2] : found[1]) : undefined;
};

run(async (sandbox) => {
  const { app } = sandbox;
  const crypto = new WXBizMsgCrypt(app.token, app.encoding_aes_key, app.appid);
  const seen = [];
  const server = http.createServer((request, reply) => {
    const query = new URL(request.url, 'http://localhost').searchParams;
    const parts = [];
    request.on('data', (part) => parts.push(part));
    request.on('end', () => {
      try {
        if (request.method === 'GET') return reply.end(query.get('echostr'));
        const encrypt = field(Buffer.concat(parts).toString(), 'Encrypt');
        const [timestamp, nonce] = [query.get('timestamp'), query.get('nonce')];
        assert.strictEqual(crypto.getSignature(timestamp, nonce, encrypt), query.get('msg_signature'), 'msg_signature');
        const opened = crypto.decrypt(encrypt);
        assert.strictEqual(opened.id, app.appid, 'receiver');
        const message = opened.message;
        seen.push({ from: field(message, 'FromUserName'), type: field(message, 'MsgType'), text: field(message, 'Content') });
        const answer = `<xml><ToUserName><![CDATA[${field(message, 'FromUserName')}]]></ToUserName>` +
          `<FromUserName><![CDATA[${field(message, 'ToUserName')}]]></FromUserName>` +
          `<CreateTime>${Math.floor(Date.now() / 1000)}</CreateTime><MsgType><![CDATA[text]]></MsgType>` +
          `<Content><![CDATA[回 ${field(message, 'Content')}]]></Content></xml>`;
        const sealed = crypto.encrypt(answer);
        const stamp = String(Math.floor(Date.now() / 1000));
        reply.setHeader('content-type', 'text/xml');
        return reply.end(`<xml><Encrypt><![CDATA[${sealed}]]></Encrypt>` +
          `<MsgSignature><![CDATA[${crypto.getSignature(stamp, 'judge', sealed)}]]></MsgSignature>` +
          `<TimeStamp>${stamp}</TimeStamp><Nonce><![CDATA[judge]]></Nonce></xml>`);
      } catch (error) {
        seen.push({ error: error.message });
        reply.statusCode = 500;
        return reply.end();
      }
    });
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  try {
    await sandbox.post('/apps', Object.assign({ callback_url: `http://127.0.0.1:${server.address().port}/judge` }, app));
    const verified = await sandbox.post(`/apps/${app.appid}/verify-url?wait_ms=8000`);
    assert.strictEqual(verified.state, 'answered', JSON.stringify(verified.attempts));

    const openid = 'oJudgeWebhook000000000000001';
    const texts = ['你好', 'a', 'x'.repeat(31), '表情 👩‍👩‍👧', '<b>&amp;</b>', '长'.repeat(600)];
    for (const content of texts) {
      const push = await sandbox.post(`/customers/${openid}/text?wait_ms=8000`, { appid: app.appid, content });
      assert.strictEqual(push.state, 'answered', JSON.stringify({ attempts: push.attempts, seen: seen[seen.length - 1] }));
    }
    assert.deepStrictEqual(seen.map((one) => one.text), texts);
    const got = (await sandbox.messages(openid)).filter((message) => message.channel === 'passive');
    assert.deepStrictEqual(got.map((message) => message.text), texts.map((text) => `回 ${text}`));
    console.log(`wechat-crypto opened ${seen.length} pushes of the sandbox, which took its ${got.length} answers`);
  } finally {
    server.close();
    if (server.closeAllConnections) server.closeAllConnections();
  }
});
