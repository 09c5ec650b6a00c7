// An edge node of Eclipse Tahu's client: node sparkplug_tahu.js PORT, with NODE_PATH at its packages.
const sparkplug = require("sparkplug-client");

const node = sparkplug.newClient({
  serverUrl: `tcp://127.0.0.1:${process.argv[2]}`,
  username: "",
  password: "",
  groupId: "E1",
  edgeNode: "Tahu",
  clientId: "tahu",
  version: "spBv1.0",
});
const gas = (value) => ({ timestamp: Date.now(), metrics: [{ name: "Gas/CH4", value, type: "Double", alias: 7 }] });

node.on("birth", () => {
  node.publishNodeBirth({ timestamp: Date.now(), metrics: [{ name: "Up", value: true, type: "Boolean" }] });
  node.publishDeviceBirth("D2", gas(1.0));
  node.publishDeviceData("D2", { timestamp: Date.now(), metrics: [{ value: 60.0, type: "Double", alias: 7 }] });
  setTimeout(() => process.exit(0), 1000);
});
