// A foreign OPC UA client (node-opcua): reads sensors, drives outputs, can run a small program.
"use strict";

const {
  AttributeIds,
  ClientMonitoredItemGroup,
  DataType,
  MessageSecurityMode,
  OPCUACertificateManager,
  OPCUAClient,
  SecurityPolicy,
  TimestampsToReturn,
  VariantArrayType,
} = require("node-opcua");
const { say, listen } = require("./channel");
const { Rules } = require("./rules");

const pki = process.argv[2];
let client, session, subscription, timer;
const image = {}; // tag -> last good value
const writes = { sent: 0, refused: 0 };

const nodeOf = (tag) => `ns=2;s=${tag}`;
const plain = (data) => ({
  value: typeof data.value.value === "bigint" ? Number(data.value.value) : data.value.value,
  type: DataType[data.value.dataType],
  status: data.statusCode.name,
  source: data.sourceTimestamp ? data.sourceTimestamp.toISOString() : null,
});

async function write(tags) {
  const results = await session.write(
    Object.entries(tags).map(([tag, { type, value }]) => ({
      nodeId: nodeOf(tag),
      attributeId: AttributeIds.Value,
      value: { value: { dataType: DataType[type], arrayType: VariantArrayType.Scalar, value } },
    })),
  );
  const names = Object.keys(tags);
  results.forEach((status) => (status.isGood() ? (writes.sent += 1) : (writes.refused += 1)));
  return Object.fromEntries(results.map((status, k) => [names[k], status.name]));
}

const operations = {
  async connect({ endpoint, user, password }) {
    const certificates = new OPCUACertificateManager({
      rootFolder: pki,
      automaticallyAcceptUnknownCertificate: true,
    });
    client = OPCUAClient.create({
      applicationName: "peer",
      clientCertificateManager: certificates,
      securityMode: MessageSecurityMode.None,
      securityPolicy: SecurityPolicy.None,
      endpointMustExist: false,
      connectionStrategy: { maxRetry: 1, initialDelay: 100, maxDelay: 200 },
    });
    await client.connect(endpoint);
    session = await client.createSession(
      user ? { type: 1 /* UserName */, userName: user, password } : undefined,
    );
    return { namespaces: await session.readNamespaceArray() };
  },

  async read({ tags }) {
    const values = await session.read(tags.map((tag) => ({ nodeId: nodeOf(tag), attributeId: 13 })));
    return { values: Object.fromEntries(values.map((data, k) => [tags[k], plain(data)])) };
  },

  async write({ tags }) {
    return { status: await write(tags) };
  },

  async browse({ node }) {
    const result = await session.browse(node);
    return { names: result.references.map((r) => [r.browseName.name, r.nodeId.toString()]) };
  },

  async subscribe({ tags, interval }) {
    subscription = await session.createSubscription2({
      requestedPublishingInterval: interval,
      requestedLifetimeCount: 1000,
      requestedMaxKeepAliveCount: 20,
      maxNotificationsPerPublish: 0,
      publishingEnabled: true,
      priority: 1,
    });
    const items = ClientMonitoredItemGroup.create(
      subscription,
      tags.map((tag) => ({ nodeId: nodeOf(tag), attributeId: AttributeIds.Value })),
      { samplingInterval: interval, discardOldest: true, queueSize: 10 },
      TimestampsToReturn.Source,
    );
    items.on("changed", (item, data) => {
      const tag = item.itemToMonitor.nodeId.value;
      if (data.statusCode.isGood()) image[tag] = data.value.value;
      say({ event: "change", tag, ...plain(data) });
    });
    return new Promise((resolve) => items.once("initialized", () => resolve({})));
  },

  // Drive the line: `program` as in rules.js, evaluated every `scan_ms` on the subscribed image.
  async drive({ program, memory, scan_ms, type }) {
    Object.assign(image, memory);
    const rules = new Rules(program, () => Date.now());
    let busy = false;
    timer = setInterval(async () => {
      if (busy) return;
      busy = true;
      const set = rules.evaluate(image);
      Object.assign(image, set);
      const names = Object.keys(set).filter((tag) => !tag.startsWith("_"));
      if (names.length) {
        await write(Object.fromEntries(names.map((tag) => [tag, { type: type || "Boolean", value: set[tag] }])));
      }
      busy = false;
    }, scan_ms);
    return {};
  },

  async counts() {
    return writes;
  },
};

async function close() {
  clearInterval(timer);
  if (subscription) await subscription.terminate();
  if (session) await session.close();
  if (client) await client.disconnect();
}

listen(operations, close);
