// co-wechat-api (npm) uses the sandbox as if it were api.weixin.qq.com. usage: node api.js KEFU_SANDBOX
'use strict';
const assert = require('assert');
const API = require('co-wechat-api');
const { run } = require('./sandbox');

function client(sandbox, secret) {
  const api = new API(sandbox.app.appid, secret || sandbox.app.secret);
  api.prefix = `${sandbox.wechat}/cgi-bin/`;
  return api;
}

async function refused(promise, codes) {
  let error;
  try {
    await promise;
  } catch (caught) {
    error = caught;
  }
  assert(error, `expected one of ${codes}, but it succeeded`);
  assert(codes.includes(error.code), `expected one of ${codes}, not ${error.code}: ${error.message}`);
}

async function writes(sandbox, openid) {
  await sandbox.post(`/customers/${openid}/text`, { appid: sandbox.app.appid, content: '你好' });
}

run(async (sandbox) => {
  await sandbox.post('/apps', sandbox.app);
  for (const [type, media_id] of [['image', 'IMAGE1'], ['voice', 'VOICE1'], ['video', 'VIDEO1'], ['thumb', 'THUMB1']]) {
    await sandbox.post('/media', { media_id, type, permanent: true });
  }
  const api = client(sandbox);

  // Every kind of message that the client knows and a service account may send.
  const [a, b] = ['oJudgeCustomer00000000000001', 'oJudgeCustomer00000000000002'];
  await writes(sandbox, a);
  await api.sendText(a, '客服 <a href="https://example.com/?a=1&b=2">链接</a> 👋');
  await api.sendImage(a, 'IMAGE1');
  await api.sendVoice(a, 'VOICE1');
  await api.sendVideo(a, 'VIDEO1', 'THUMB1');
  await api.sendMusic(a, {
    title: '歌', description: '曲', musicurl: 'https://example.com/a.mp3', hqmusicurl: 'https://example.com/b.mp3',
    thumb_media_id: 'THUMB1',
  });
  await writes(sandbox, b);
  await api.sendNews(b, [{ title: '题', description: '述', url: 'https://example.com/', picurl: 'https://example.com/p.png' }]);
  await api.sendCard(b, 'CARD1');

  const got = (await sandbox.messages(a)).concat(await sandbox.messages(b)).filter((m) => m.channel === 'api');
  assert.deepStrictEqual(got.map((m) => m.msgtype), ['text', 'image', 'voice', 'video', 'music', 'news', 'wxcard']);
  assert.strictEqual(got[0].text, '客服 <a href="https://example.com/?a=1&b=2">链接</a> 👋');

  // The sixth in one window, an unknown customer, and the platform's codes for them.
  await refused(api.sendText(a, 'sixth'), [45047]);
  await refused(api.sendText('oJudgeNobodyWrote00000000003', 'x'), [45015, 40003]);
  await refused(api.sendImage(b, 'NO_SUCH_MEDIA'), [40007]);

  // One token for all of it; a dead one is renewed by the client itself, once.
  const fetches = async () => (await sandbox.get(`/apps/${sandbox.app.appid}/tokens`)).fetches.classic;
  assert.strictEqual(await fetches(), 1);
  await sandbox.post(`/apps/${sandbox.app.appid}/tokens/invalidate`);
  await api.sendText(b, 'after renewal');
  assert.strictEqual(await fetches(), 2);

  await refused(client(sandbox, 'f'.repeat(32)).sendText(b, 'x'), [40001, 40125]);
  console.log(`co-wechat-api sent ${got.length} kinds of messages, met the window, media and secret errors, renewed a token`);
});
