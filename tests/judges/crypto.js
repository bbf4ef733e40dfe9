// wechat-crypto (npm) and kefu open each other's messages. usage: node crypto.js KEFU SEAL
// KEFU is the program kefu, SEAL the program push_seal. Prints what was compared; exits non-zero on the first mismatch.
'use strict';
const { spawnSync } = require('child_process');
const assert = require('assert');
const WXBizMsgCrypt = require('wechat-crypto');

const [kefu, seal] = process.argv.slice(2);
const token = 'judgeToken1';
const key = 'abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG';
const appId = 'wx2c2769f8efd9abc2';
const theirs = new WXBizMsgCrypt(token, key, appId);

function lines(program, args, input) {
  const run = spawnSync(program, args, { input, encoding: 'utf8', maxBuffer: 1 << 26, timeout: 60000 });
  if (run.error) throw run.error;
  return run.stdout.split('\n').filter((line) => line !== '').map((line) => JSON.parse(line));
}

// Every padding length, Chinese, emoji, CDATA ends, long texts.
const texts = [];
for (let size = 1; size <= 70; ++size) texts.push('x'.repeat(size));
texts.push('你好，客服', '👩‍👩‍👧 emoji', '<xml><Content><![CDATA[a]]]]><![CDATA[>b]]></Content></xml>', '中'.repeat(20000));
const xml = (text) => `<xml><ToUserName>gh_1</ToUserName><Content>${text}</Content></xml>`;

// 1. What wechat-crypto seals, kefu opens; what was altered on the way, it refuses.
const cases = texts.map((text, i) => {
  const message = xml(text);
  const encrypt = theirs.encrypt(message);
  const timestamp = String(1700000000 + i);
  const nonce = `judge${i}`;
  return {
    name: `theirs-${i}`, kind: 'message', token, encoding_aes_key: key, receiver_id: appId, timestamp, nonce, encrypt,
    msg_signature: theirs.getSignature(timestamp, nonce, encrypt), plaintext: message, expect: 'ok',
  };
});
const altered = [
  Object.assign({}, cases[3], { name: 'altered-nonce', nonce: 'judge4' }),
  Object.assign({}, cases[3], { name: 'altered-text', encrypt: cases[4].encrypt }),
  Object.assign({}, cases[3], { name: 'other-receiver', receiver_id: 'wx0000000000000000' }),
];
const input = cases.concat(altered).map(({ plaintext, expect, ...question }) => JSON.stringify(question)).join('\n') + '\n';
const answers = new Map(lines(kefu, ['push', 'open', '--json'], input).map((answer) => [answer.name, answer]));
for (const one of cases) {
  const answer = answers.get(one.name);
  assert(answer && answer.ok === true, `kefu does not open ${one.name}: ${JSON.stringify(answer)}`);
  assert.strictEqual(answer.plaintext, one.plaintext, `${one.name} reads differently`);
}
for (const one of altered) {
  const answer = answers.get(one.name);
  assert(answer && answer.ok === false, `kefu opens ${one.name}`);
}
console.log(`kefu opened ${cases.length} messages of wechat-crypto and refused ${altered.length} altered ones`);

// 2. What kefu seals, wechat-crypto opens, and it computes the same signature.
const sealed = lines(seal, [], texts.map((text) => JSON.stringify({
  token, encoding_aes_key: key, receiver_id: appId, timestamp: '1700000000', nonce: 'judge', plaintext: xml(text),
})).join('\n') + '\n');
assert.strictEqual(sealed.length, texts.length, 'push_seal answered too little');
sealed.forEach((one, i) => {
  assert.strictEqual(theirs.getSignature('1700000000', 'judge', one.encrypt), one.msg_signature, `signature of ${i}`);
  const opened = theirs.decrypt(one.encrypt);
  assert.strictEqual(opened.id, appId, `receiver of ${i}`);
  assert.strictEqual(opened.message, xml(texts[i]), `text of ${i}`);
});
console.log(`wechat-crypto opened ${sealed.length} messages of kefu`);
