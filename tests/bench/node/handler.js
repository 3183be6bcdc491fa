// get-clinic as it is commonly written for Node: an Express app behind an adapter.
import { DynamoDBClient, GetItemCommand } from "@aws-sdk/client-dynamodb";
import { unmarshall } from "@aws-sdk/util-dynamodb";
import express from "express";
import serverless from "serverless-http";

const table = process.env.TABLE;
const dynamodb = new DynamoDBClient({});
const app = express();
app.disable("x-powered-by");
app.use(express.json());

app.get("/v1/clinics/:clinic", async (request, response) => {
  const key = { pk: { S: "shared/clinics" }, sk: { S: request.params.clinic } };
  const { Item } = await dynamodb.send(new GetItemCommand({ TableName: table, Key: key }));
  if (!Item) {
    response.status(404).type("application/problem+json").send({ status: 404, code: "NOT_FOUND" });
    return;
  }
  const { pk, sk, kind, version, organization, ...clinic } = unmarshall(Item);
  response.set("etag", `"${version}"`).json(clinic);
});

export const handler = serverless(app);
