// co-wechat-api (npm) works as a customer service would: agents, sessions, files, customers, templates, subscriptions.
// Each call of those parts of it either does here what it promises or is named in `cannot` with the reason. usage:
// node service.js KEFU_SANDBOX
'use strict';
const assert = require('assert');
const fs = require('fs');
const os = require('os');
const path = require('path');
const API = require('co-wechat-api');
const { run } = require('./sandbox');

const parts = ['custom_service', 'message', 'media', 'material', 'user', 'group', 'template', 'subscribe_message',
  'miniprogram_login', 'ip'];

// What it cannot do against the twin: the answer it must get, and why. Others of its calls must succeed.
const cannot = {
  getRecords: [40066, 'older form of the records (by day and page), not in the documentation any more'],
  sendMpNews: [45103, 'the platform retired messages of this kind'],
  uploadNewsMaterial: [40066, 'articles, which the platform moved to drafts and publishing'],
  updateNewsMaterial: [40066, 'as uploadNewsMaterial'],
  sendMiniProgramTemplate: [40066, 'messages by form id, which subscription messages have replaced'],
  getGroups: [40066, 'groups, which tags have replaced'],
  getWhichGroup: [40066, 'as getGroups'],
  createGroup: [40066, 'as getGroups'],
  updateGroup: [40066, 'as getGroups'],
  moveUserToGroup: [40066, 'as getGroups'],
  moveUsersToGroup: [40066, 'as getGroups'],
  removeGroup: [40066, 'as getGroups'],
};

const worked = new Set();

// It has the platform's address in some of its calls, so every call is sent to the twin here.
function client(sandbox, appid) {
  const api = new API(appid, sandbox.app.secret);
  const platform = 'https://api.weixin.qq.com/';
  api.prefix = `${sandbox.wechat}/cgi-bin/`;
  api.snsPrefix = `${sandbox.wechat}/sns/`;
  const request = api.request;
  api.request = function (url, ...rest) {
    const there = url.startsWith(platform) ? `${sandbox.wechat}/${url.slice(platform.length)}` : url;
    return request.call(this, there, ...rest);
  };
  return new Proxy(api, {
    get(target, name) {
      if (typeof target[name] !== 'function') return target[name];
      return async (...args) => {
        const answer = await target[name](...args);
        worked.add(name);
        return answer;
      };
    },
  });
}

async function refused(code, promise) {
  const error = await promise.then(() => undefined, (caught) => caught);
  assert(error, `expected ${code}, but it succeeded`);
  assert.strictEqual(error.code, code, `expected ${code}: ${error.message}`);
}

const jpg = Buffer.concat([Buffer.from('ffd8ffe000104a46494600010100000100010000', 'hex'), Buffer.alloc(300, 7),
  Buffer.from('ffd9', 'hex')]);
const amr = Buffer.concat([Buffer.from('#!AMR\n'), Buffer.alloc(64, 0x3c)]);
const mp4 = Buffer.concat([Buffer.from('0000001866747970', 'hex'), Buffer.from('mp42'), Buffer.alloc(400, 1)]);

async function agents(sandbox, api, files) {
  const { appid } = sandbox.app;
  const [anna, bo, customer] = ['anna@judge', 'bo@judge', 'oJudgeServed0000000000000001'];
  await api.addKfAccount(anna, '安娜');
  await api.addKfAccount(bo, '小博');
  await refused(65406, api.addKfAccount(anna, '安娜'));
  await refused(65404, api.addKfAccount('no-at-sign', '安娜'));
  await api.updateKfAccount(anna, '安娜二');
  await api.setKfAccountAvatar(anna, files.picture);
  await api.inviteworker(anna, 'anna_wx');
  await refused(65408, api.inviteworker(anna, 'anna_wx'));
  let list = (await api.getCustomServiceList()).kf_list;
  assert.deepStrictEqual(list.map((one) => [one.kf_account, one.kf_nick, one.invite_status]),
    [[anna, '安娜二', 'waiting'], [bo, '小博', undefined]]);
  assert(list[0].kf_headimgurl.startsWith('http'), 'the portrait is not shown');
  await sandbox.post(`/agents/${anna}/accept-invitation`, { appid });
  list = (await api.getCustomServiceList()).kf_list;
  assert.strictEqual(list[0].kf_wx, 'anna_wx');

  await sandbox.post(`/customers/${customer}/text`, { appid, content: '转人工' });
  await refused(65402, api.createKfSession(bo, customer));
  await refused(65415, api.createKfSession(anna, customer));
  await sandbox.post(`/agents/${anna}/login`, { appid });
  await api.createKfSession(anna, customer);
  await api.createKfSession(anna, customer);  // that very session again: no error
  const online = (await api.getOnlineCustomServiceList()).kf_online_list;
  assert.deepStrictEqual(online.map((one) => [one.kf_account, one.status, one.accepted_case]), [[anna, 1, 1]]);
  await api.deleteKfAccount(bo);
  await refused(65401, api.deleteKfAccount(bo));
  await refused(cannot.getRecords[0], api.getRecords({ starttime: 1, endtime: 2, pageindex: 1, pagesize: 10 }));
}

async function files(api, names) {
  const kept = {
    image: await api.uploadImageMedia(names.picture), voice: await api.uploadVoiceMedia(names.voice),
    video: await api.uploadVideoMedia(names.video), thumb: await api.uploadThumbMedia(names.picture),
  };
  for (const type of Object.keys(kept)) {
    assert.strictEqual(kept[type].type, type);
    assert(Math.abs(kept[type].created_at - Date.now() / 1000) < 120, 'created_at is not now');
  }
  await api.uploadVoice(names.voice);
  await api.uploadVideo(names.video);
  await api.uploadThumb(names.picture);
  const buffer = await api.uploadMedia(jpg, 'image', 'memory.jpg', 'image/jpeg');
  assert((await api.getMedia(buffer.media_id)).equals(jpg), 'the picture came back changed');
  assert((await api.getMedia(kept.voice.media_id)).equals(amr), 'the recording came back changed');
  assert((await api.getMedia(kept.video.media_id)).video_url.startsWith('http'));
  assert((await api.uploadImage(names.picture)).url.startsWith('http'));
  await refused(40004, api.uploadMedia(jpg, 'nothing', 'memory.jpg', 'image/jpeg'));
  await refused(40005, api.uploadMedia(jpg, 'voice', 'memory.jpg', 'image/jpeg'));
  await refused(40012, api.uploadMedia(Buffer.concat([jpg, Buffer.alloc(65536)]), 'thumb', 'memory.jpg', 'image/jpeg'));
  await refused(40007, api.getMedia('NO_SUCH_MEDIA'));

  const picture = await api.uploadImageMaterial(names.picture);
  assert(picture.url.startsWith('http'));
  const material = await api.uploadMaterial(names.picture, 'image');
  const voice = await api.uploadVoiceMaterial(names.voice);
  await api.uploadThumbMaterial(names.picture);
  const video = await api.uploadVideoMaterial(names.video, { title: '题目', introduction: '介绍' });
  assert((await api.getMaterial(voice.media_id)).equals(amr), 'the kept recording came back changed');
  const shown = await api.getMaterial(video.media_id);
  assert.deepStrictEqual([shown.title, shown.description, shown.down_url.slice(0, 4)], ['题目', '介绍', 'http']);
  const counts = await api.getMaterialCount();
  assert.deepStrictEqual([counts.image_count, counts.voice_count, counts.video_count], [2, 1, 1]);
  const page = await api.getMaterials('image', 0, 1);
  assert.deepStrictEqual([page.total_count, page.item_count, page.item[0].media_id], [2, 1, material.media_id]);
  await api.removeMaterial(picture.media_id);
  await refused(40007, api.getMaterial(picture.media_id));
  await refused(cannot.uploadNewsMaterial[0], api.uploadNewsMaterial({ articles: [] }));
  await refused(cannot.updateNewsMaterial[0], api.updateNewsMaterial({ media_id: 'X', index: 0, articles: {} }));
  return kept;
}

async function messages(sandbox, api, kept) {
  const { appid } = sandbox.app;
  const [a, b] = ['oJudgeReader0000000000000001', 'oJudgeReader0000000000000002'];
  for (const one of [a, b]) await sandbox.post(`/customers/${one}/text`, { appid, content: '你好' });
  await api.sendText(a, '您好');
  await api.sendImage(a, kept.image.media_id);
  await api.sendVoice(a, kept.voice.media_id);
  await api.sendVideo(a, kept.video.media_id, kept.thumb.media_id);
  await api.sendMusic(a, { musicurl: 'https://example.com/a.mp3', hqmusicurl: 'https://example.com/b.mp3',
    thumb_media_id: kept.thumb.media_id });
  await api.sendNews(b, [{ title: '题', description: '述', url: 'https://example.com/',
    picurl: 'https://example.com/p.png' }]);
  await api.sendCard(b, 'CARD1');
  await api.sendMiniProgram(b, { title: '小程序', appid: 'wx00000000000b1c2d', pagepath: 'pages/index/index',
    thumb_media_id: kept.image.media_id });
  await refused(cannot.sendMpNews[0], api.sendMpNews(b, kept.image.media_id));
  assert.strictEqual(typeof (await api.getAutoreply()).is_autoreply_open, 'number');
  const got = (await sandbox.messages(a)).concat(await sandbox.messages(b)).filter((one) => one.channel === 'api');
  assert.deepStrictEqual(got.map((one) => one.msgtype),
    ['text', 'image', 'voice', 'video', 'music', 'news', 'wxcard', 'miniprogrampage']);
  assert.strictEqual(got[1].content.media_id, kept.image.media_id);
}

async function people(sandbox, api) {
  const { appid } = sandbox.app;
  const [a, b] = ['oJudgeFollower00000000000001', 'oJudgeFollower00000000000002'];
  for (const one of [a, b]) await sandbox.post(`/customers/${one}/follow`, { appid });
  const followers = await api.getFollowers();
  assert.strictEqual(followers.total, followers.data.openid.length);
  assert.deepStrictEqual(followers.data.openid.slice(-2), [a, b]);
  const rest = await api.getFollowers(a);
  assert.deepStrictEqual([rest.count, rest.data.openid], [1, [b]]);
  await api.updateRemark(a, '老顾客');
  const user = await api.getUser({ openid: a, lang: 'zh_CN' });
  assert.deepStrictEqual([user.subscribe, user.openid, user.remark], [1, a, '老顾客']);
  assert.strictEqual((await api.getUser(b)).openid, b);
  assert.deepStrictEqual((await api.batchGetUsers([b, a])).user_info_list.map((one) => one.openid), [b, a]);
  await refused(40003, api.getUser('oJudgeNobody0000000000000001'));

  const { tag } = await api.createTags('贵宾');
  await refused(45157, api.createTags('贵宾'));
  await refused(45158, api.createTags('超过三十个字节的标签名字就不行了'));
  await api.updateTag(tag.id, '金卡');
  await api.batchTagging([a, b], tag.id);
  assert.deepStrictEqual((await api.getTags()).tags.filter((one) => one.id === tag.id),
    [{ id: tag.id, name: '金卡', count: 2 }]);
  assert.deepStrictEqual((await api.getUsersFromTag(tag.id)).data.openid, [a, b]);
  assert.deepStrictEqual((await api.getUsersFromTag(tag.id, a)).data.openid, [b]);
  await api.batchUnTagging([b], tag.id);
  assert.deepStrictEqual((await api.getIdList(a)).tagid_list, [tag.id]);
  assert.deepStrictEqual((await api.getIdList(b)).tagid_list, []);
  await refused(45058, api.deleteTag(2));
  await api.deleteTag(tag.id);
  assert.deepStrictEqual((await api.getIdList(a)).tagid_list, []);
  await refused(45159, api.batchTagging([a], tag.id));
  for (const name of Object.keys(cannot).filter((one) => one.includes('Group')))
    await refused(cannot[name][0], api[name]('x', 1));
}

async function templates(sandbox, api) {
  const { appid } = sandbox.app;
  const customer = 'oJudgeFollower00000000000001';
  await api.setIndustry({ industry_id1: '1', industry_id2: '4' });
  const industry = await api.getIndustry();
  assert.deepStrictEqual([industry.primary_industry.first_class, industry.secondary_industry.second_class],
    ['IT科技', '电子技术']);
  const { template_id } = await api.addTemplate('TM00015');
  const listed = (await api.getAllPrivateTemplate()).template_list;
  assert(listed.some((one) => one.template_id === template_id), 'the new template is not listed');
  const data = { keyword1: { value: '已发货', color: '#173177' } };
  const sent = await api.sendTemplate(customer, template_id, 'https://example.com/', '#FF0000', data);
  assert(/^[0-9]{19}$/.test(String(sent.msgid)), 'msgid is no number of 64 bits');
  const got = (await sandbox.messages(customer)).pop();
  assert.deepStrictEqual([got.channel, got.content.template_id, got.content.data], ['notification', template_id, data]);
  await refused(40037, api.sendTemplate(customer, 'NO_SUCH_TEMPLATE', '', '', data));
  await refused(40003, api.sendTemplate('oJudgeNobody0000000000000001', template_id, '', '', data));
  await refused(cannot.sendMiniProgramTemplate[0], api.sendMiniProgramTemplate(customer, template_id, '', 'FORM', data));

  await sandbox.post('/templates', { appid, template_id: 'ONCE', kind: 'once', title: '一次', content: '' });
  const once = () => api.sendSubscribe(customer, 'ONCE', 'https://example.com/', undefined, 7, '到货',
    { content: { value: '到货了' } });
  await refused(43101, once());
  await sandbox.post(`/customers/${customer}/subscribe`, { appid, template_id: 'ONCE' });
  await once();
  await refused(43101, once());
  await api.delPrivateTemplate(template_id);
  await refused(40037, api.sendTemplate(customer, template_id, '', '', data));
}

async function miniProgram(sandbox) {
  const appid = 'wx00000000000b1c2d';
  await sandbox.post('/apps', { appid, secret: sandbox.app.secret, kind: 'mini', original_id: 'gh_00000000b1c2' });
  const api = client(sandbox, appid);
  const customer = 'oJudgeMini000000000000000001';
  await sandbox.post(`/customers/${customer}`, { appid });
  await sandbox.post('/templates', { appid, template_id: 'SHIPPED', kind: 'once', title: '发货', content: '{{thing1.DATA}}' });
  const data = { thing1: { value: '您的订单已发货' } };
  await refused(43101, api.sendSubscribeMessage(customer, 'SHIPPED', undefined, data));
  await sandbox.post(`/customers/${customer}/subscribe`, { appid, template_id: 'SHIPPED' });
  await refused(47003, api.sendSubscribeMessage(customer, 'SHIPPED', undefined, { thing1: { value: '长'.repeat(21) } }));
  await api.sendSubscribeMessage(customer, 'SHIPPED', undefined, data);
  const { code } = await sandbox.post(`/customers/${customer}/login`, { appid, way: 'mini' });
  assert.strictEqual((await api.code2Session(code)).openid, customer);
  await refused(40163, api.code2Session(code));
}

run(async (sandbox) => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'kefu-judge-'));
  try {
    const names = {};
    for (const [name, file, bytes] of [['picture', 'p.jpg', jpg], ['voice', 'v.amr', amr], ['video', 'v.mp4', mp4]]) {
      names[name] = path.join(folder, file);
      fs.writeFileSync(names[name], bytes);
    }
    await sandbox.post('/apps', sandbox.app);
    const api = client(sandbox, sandbox.app.appid);
    assert((await api.getIp()).ip_list.length > 0);
    await agents(sandbox, api, names);
    await messages(sandbox, api, await files(api, names));
    await people(sandbox, api);
    await templates(sandbox, api);
    await miniProgram(sandbox);
  } finally {
    fs.rmSync(folder, { recursive: true });
  }

  const library = path.dirname(require.resolve('co-wechat-api'));
  const all = parts.flatMap((part) => Object.keys(require(path.join(library, 'lib', `api_${part}.js`))));
  assert.deepStrictEqual(all.filter((name) => !worked.has(name) && !cannot[name]), [], 'calls that nobody made');
  assert.deepStrictEqual(Object.keys(cannot).filter((name) => worked.has(name)), [], 'they work: take them off the list');
  const able = all.filter((name) => worked.has(name)).length;
  console.log(`co-wechat-api: ${able} of its ${all.length} calls for customer service do what they promise; not:`);
  for (const [name, [code, why]] of Object.entries(cannot)) console.log(`  ${name}: ${code}, ${why}`);
});
