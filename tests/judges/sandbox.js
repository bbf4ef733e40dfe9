// Starts kefu-sandbox and talks to its control API. Errors never show a URL: it may hold a token.
'use strict';
const http = require('http');
const { spawn } = require('child_process');

function call(base, method, path, body) {
  return new Promise((resolve, reject) => {
    const text = body === undefined ? '' : JSON.stringify(body);
    const request = http.request(base + path, { method, headers: { 'content-length': Buffer.byteLength(text) } }, (reply) => {
      const parts = [];
      reply.on('data', (part) => parts.push(part));
      reply.on('end', () => {
        const answer = Buffer.concat(parts).toString();
        if (reply.statusCode !== 200) return reject(new Error(`control ${method} ${path}: ${reply.statusCode} ${answer}`));
        return resolve(JSON.parse(answer));
      });
    });
    request.on('error', reject);
    request.setTimeout(30000, () => request.destroy(new Error(`control ${method} ${path}: no answer`)));
    request.end(text);
  });
}

// The planted credentials, so that the search for secrets covers this run too.
const app = {
  appid: 'wx00000000000a0b0c', secret: 'planted5ecret0f1a2b3c4d5e6f70819', kind: 'svc', original_id: 'gh_00000000a0b0',
  token: 'plantedPushTok3n7Kq2', encoding_aes_key: 'plantedAesKeyForKefuTests0123456789ABCDEFGA', push_mode: 'safe',
};

async function start(program) {
  const child = spawn(program, ['--port', '0'], { stdio: ['ignore', 'pipe', 'inherit'] });
  const line = await new Promise((resolve, reject) => {
    let text = '';
    child.stdout.on('data', (part) => {
      text += part;
      if (text.includes('\n')) resolve(text.slice(0, text.indexOf('\n')));
    });
    child.on('exit', (code) => reject(new Error(`kefu-sandbox ended with ${code}`)));
    child.on('error', reject);
  });
  const urls = JSON.parse(line);
  return {
    app,
    wechat: urls.wechat,
    get: (path) => call(urls.control, 'GET', path),
    post: (path, body) => call(urls.control, 'POST', path, body || {}),
    async messages(openid) {
      return (await call(urls.control, 'GET', `/customers/${openid}/messages?appid=${app.appid}`)).messages;
    },
    stop: () => new Promise((resolve) => {
      child.removeAllListeners('exit');
      child.on('exit', resolve);
      child.kill('SIGTERM');
    }),
  };
}

// Runs `judge(sandbox)` and makes its outcome the program's.
function run(judge) {
  (async () => {
    const sandbox = await start(process.argv[2]);
    try {
      await judge(sandbox);
    } finally {
      await sandbox.stop();
    }
  })().catch((error) => {
    console.error(String(error.stack || error).replace(/(access_token|secret)=[^&\s"']*/g, '$1=***'));
    process.exit(1);
  });
}

module.exports = { run };
