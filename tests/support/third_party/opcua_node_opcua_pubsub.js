// A publisher of node-opcua's PubSub: node opcua_node_opcua_pubsub.js PORT, with NODE_PATH at its packages.
const pubsub = require("node-opcua-pubsub-expander");
const { DataValue, DataType, Variant } = require("node-opcua");

const { DataSetFieldContentMask, JsonDataSetMessageContentMask, JsonNetworkMessageContentMask } = pubsub;
const delivery = { requestedDeliveryGuarantee: pubsub.BrokerTransportQualityOfService.AtLeastOnce };

const dataSet = new pubsub.PublishedDataSetDataType({
  name: "gas",
  dataSetMetaData: new pubsub.DataSetMetaDataType({
    name: "gas",
    fields: [{ name: "Gas", builtInType: DataType.Double, dataType: "ns=0;i=11" }],
  }),
  dataSetSource: new pubsub.PublishedDataItemsDataType({
    publishedData: [{ attributeId: 13, samplingIntervalHint: 100, publishedVariable: "ns=1;s=Gas" }],
  }),
});
const writer = new pubsub.MyJsonDataSetWriterDataType({
  name: "writer",
  enabled: true,
  dataSetName: "gas",
  dataSetWriterId: 1,
  dataSetFieldContentMask: DataSetFieldContentMask.StatusCode | DataSetFieldContentMask.SourceTimestamp,
  messageSettings: {
    dataSetMessageContentMask:
      JsonDataSetMessageContentMask.DataSetWriterId |
      JsonDataSetMessageContentMask.SequenceNumber |
      JsonDataSetMessageContentMask.Timestamp,
  },
  transportSettings: { queueName: "opcua/json/data/plc5", ...delivery },
});
const group = new pubsub.MyMqttJsonWriterGroupDataType({
  name: "group",
  enabled: true,
  publishingInterval: 200,
  messageSettings: {
    networkMessageContentMask:
      JsonNetworkMessageContentMask.NetworkMessageHeader | JsonNetworkMessageContentMask.DataSetMessageHeader,
  },
  transportSettings: delivery,
  dataSetWriters: [writer],
});
const connection = new pubsub.MyMqttJsonPubSubConnectionDataType({
  name: "connection",
  enabled: true,
  transportProfileUri: pubsub.Transport.MQTT_JSON,
  address: { url: `mqtt://127.0.0.1:${process.argv[2]}` },
  publisherId: { dataType: DataType.String, value: "plc5" },
  writerGroups: [group],
});

async function main() {
  let timer;
  const manager = new pubsub.PubSubConfigurationManager({
    dataSetCollectorFactory: {
      async createDataSetCollector() {
        const collector = new pubsub.DataSetCollector();
        const value = new Variant({ dataType: DataType.Double, value: 60.0 });
        const measure = () => collector.collectDataValue(0, new DataValue({ value, sourceTimestamp: new Date() }));
        timer = setInterval(measure, 100);
        return collector;
      },
      async disposeDataSetCollector() {
        clearInterval(timer);
      },
    },
  });
  await manager.start();
  manager.publishedDataSetsManager.addPublishedDataSet(dataSet);
  await manager.addConnection(connection);
  setTimeout(() => process.exit(0), 2000);
}

main();
