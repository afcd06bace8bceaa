// A foreign OPC UA server (node-opcua) that plays the PLC: variables, counted writes, a scan timer.
"use strict";

const {
  DataType,
  MessageSecurityMode,
  OPCUACertificateManager,
  OPCUAServer,
  SecurityPolicy,
  StatusCodes,
  Variant,
  VariantArrayType,
} = require("node-opcua");
const { listen } = require("./channel");
const { Rules } = require("./rules");

const pki = process.argv[2];
let server, timer;
const image = {};
const types = {};
const variables = {};
const counts = { writes: 0, scans: 0 };
let written = []; // [tag, value] in order

const operations = {
  // `tags`: {name: {type: "Boolean", value: false, writable: true}}
  async start({ port, tags }) {
    const certificates = new OPCUACertificateManager({
      rootFolder: pki,
      automaticallyAcceptUnknownCertificate: true,
    });
    await certificates.initialize();
    server = new OPCUAServer({
      port,
      hostname: "127.0.0.1",
      host: "127.0.0.1",
      resourcePath: "/plc",
      buildInfo: { productName: "peer PLC", productUri: "urn:peer:plc" },
      serverInfo: { applicationUri: "urn:peer:plc" },
      serverCertificateManager: certificates,
      userCertificateManager: certificates,
      securityModes: [MessageSecurityMode.None],
      securityPolicies: [SecurityPolicy.None],
      allowAnonymous: true,
      registerServerMethod: 1, // hidden: announces itself nowhere
    });
    await server.initialize();
    const namespace = server.engine.addressSpace.registerNamespace("urn:peer:plc:tags");
    const folder = namespace.addFolder("ObjectsFolder", { browseName: "PLC" });
    for (const [name, { type, value, writable }] of Object.entries(tags)) {
      image[name] = value;
      types[name] = DataType[type];
      variables[name] = namespace.addVariable({
        componentOf: folder,
        browseName: name,
        nodeId: `s=${name}`,
        dataType: type,
        minimumSamplingInterval: 10,
        accessLevel: writable ? "CurrentRead | CurrentWrite" : "CurrentRead",
        userAccessLevel: writable ? "CurrentRead | CurrentWrite" : "CurrentRead",
        value: {
          get: () =>
            new Variant({ dataType: types[name], arrayType: VariantArrayType.Scalar, value: image[name] }),
          set: (variant) => {
            counts.writes += 1;
            written.push([name, variant.value]);
            image[name] = variant.value;
            return StatusCodes.Good;
          },
        },
      });
    }
    await server.start();
    return { endpoint: `opc.tcp://127.0.0.1:${port}/plc`, namespace: namespace.index };
  },

  // The PLC's program, see rules.js, evaluated every `scan_ms`.
  async run({ program, memory, scan_ms }) {
    Object.assign(image, memory);
    const rules = new Rules(program, () => Date.now());
    timer = setInterval(() => {
      counts.scans += 1;
      Object.assign(image, rules.evaluate(image));
    }, scan_ms);
    return {};
  },

  async set({ tags }) {
    Object.assign(image, tags);
    return {};
  },

  async counts() {
    return { ...counts, written, image };
  },

  async forget() {
    written = [];
    return {};
  },
};

async function close() {
  clearInterval(timer);
  if (server) await server.shutdown(100);
}

listen(operations, close);
