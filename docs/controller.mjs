// A state provider for the conformance suite: one file, Node 18 or later, no packages.
//
//     node controller.mjs [PORT]
//
// Copy it into a test build and replace what stands between the two lines of YOUR CODE: it is a sample that keeps its
// sessions in memory. The rest speaks the protocol and can stay as it is. It listens on loopback alone; never ship it.

import { randomBytes } from "node:crypto";
import { createServer } from "node:http";

// ===== YOUR CODE =====================================================================================================

// What you can do. Leave out what you cannot: what needs it is then reported as not testable, never as a failure.
const STATES = ["pending", "completed", "cancelled", "expired", "overdue"];
const OPERATIONS = ["read", "complete", "webhook-endpoint", "lifetime"];
// ["overdue"] if a session of yours is flipped to expired the moment it expires; take it out of STATES then.
const IMPOSSIBLE = [];

// The tenants of your test build by their API keys, the same keys that the suite is given.
const TENANTS = new Map([
  [process.env.CONFORMANCE_API_KEY || "t9k_test_one", "tenant-1"],
  [process.env.CONFORMANCE_OTHER_API_KEY || "t9k_test_two", "tenant-2"],
]);

const sessions = new Map(); // by tenant and id
const webhookEndpoints = new Map(); // by tenant

// A new session of this tenant in this state, as it was at its creation: every attribute, `url` included.
// `overdue` is past its `expires_at`, still `pending`, and left so by your expiry job for at least 30 s.
async function prepare(tenant, state, lifetimeS) {
  const now = Math.floor(Date.now() / 1000);
  const created = state === "overdue" || state === "expired" ? now - lifetimeS - 5 : now;
  const session = {
    id: `ps_${randomBytes(8).toString("hex")}`,
    contractor_id: `cn_${randomBytes(5).toString("hex")}`,
    status: state === "overdue" ? "pending" : state,
    processor: "checkout",
    return_url: "https://app.example.com/payments/done",
    url: `https://my.example.com/payment/setup/live_${randomBytes(24).toString("base64url")}`,
    created,
    expires_at: created + lifetimeS,
    cancelled_at: state === "cancelled" ? now : null,
    completed_at: state === "completed" ? now : null,
  };
  sessions.set(`${tenant} ${session.id}`, session);
  return session;
}

// The session as it is now, from where your implementation keeps it; undefined if this tenant has none of that id.
async function read(tenant, sessionId) {
  return sessions.get(`${tenant} ${sessionId}`);
}

// The session, completed the way it happens when a contractor saves a card, not by a write into your database;
// undefined if it is no longer pending.
async function complete(tenant, sessionId) {
  const session = sessions.get(`${tenant} ${sessionId}`);
  if (session.status !== "pending" || Date.now() / 1000 >= session.expires_at) return undefined;
  return Object.assign(session, { status: "completed", completed_at: Math.floor(Date.now() / 1000) });
}

// Send this tenant's events to `url` from now on, signed with `secret` if you sign them.
async function putWebhookEndpoint(tenant, url, secret) {
  webhookEndpoints.set(tenant, { url, secret });
}

// Send this tenant's events nowhere.
async function deleteWebhookEndpoint(tenant) {
  webhookEndpoints.delete(tenant);
}

// ===== END OF YOUR CODE ==============================================================================================

const BASE = "/provider";
const DEFAULT_LIFETIME_S = 1800;
const NOT_FOUND = [404, { message: "Not found, or not offered." }];

// Status and content for one call of the protocol.
async function answer(tenant, method, path, body) {
  const call = [method, ...path].join(" ");
  if (call === "GET capabilities") {
    return [200, { states: STATES, operations: OPERATIONS, impossible: IMPOSSIBLE }];
  }
  if (call === "POST sessions") {
    if (!STATES.includes(body.state)) return [501, { message: "This state is not offered." }];
    return [201, { session: await prepare(tenant, body.state, body.expires_in_s ?? DEFAULT_LIFETIME_S) }];
  }
  if (call === "PUT webhook-endpoint" && OPERATIONS.includes("webhook-endpoint")) {
    await putWebhookEndpoint(tenant, body.url, body.secret ?? "");
    return [204];
  }
  if (call === "DELETE webhook-endpoint" && OPERATIONS.includes("webhook-endpoint")) {
    await deleteWebhookEndpoint(tenant);
    return [204];
  }
  if (path[0] === "sessions" && path.length > 1) {
    return answerSession(tenant, decodeURIComponent(path[1]), [method, ...path.slice(2)].join(" "));
  }
  return NOT_FOUND;
}

// What can be done with one session.
async function answerSession(tenant, sessionId, call) {
  const session = await read(tenant, sessionId);
  if (!session) return NOT_FOUND;
  if (call === "GET" && OPERATIONS.includes("read")) return [200, { session }];
  if (call === "POST complete" && OPERATIONS.includes("complete")) {
    const completed = await complete(tenant, sessionId);
    return completed ? [200, { session: completed }] : [409, { message: "It is no longer pending." }];
  }
  return NOT_FOUND;
}

async function respond(request) {
  let text = "";
  for await (const chunk of request.setEncoding("utf8")) text += chunk;
  const [, key] = /^Bearer (.+)$/.exec(request.headers.authorization ?? "") ?? [];
  const tenant = TENANTS.get(key);
  if (tenant === undefined) return [403, { message: "Unknown API key." }];
  if (!request.url.startsWith(`${BASE}/`)) return NOT_FOUND;
  try {
    return await answer(tenant, request.method, request.url.slice(BASE.length + 1).split("/"), JSON.parse(text || "{}"));
  } catch (error) {
    return [500, { message: String(error) }];
  }
}

const server = createServer(async (request, response) => {
  const [status, content] = await respond(request);
  response.writeHead(status, content === undefined ? {} : { "Content-Type": "application/json" });
  response.end(content === undefined ? undefined : JSON.stringify(content));
});
server.listen(Number(process.argv[2] ?? 8097), "127.0.0.1", () => {
  console.log(`Listening on http://127.0.0.1:${server.address().port}${BASE}`);
});
