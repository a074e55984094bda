// The least that a webhook can do: reads each notification as JSON and answers 202. Sends its port, and is killed.
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { json } from "node:stream/consumers";

const server = createServer((request, response) => {
  void json(request).then(() => response.writeHead(202).end());
});
server.listen(0, "127.0.0.1", () => process.send?.({ port: (server.address() as AddressInfo).port }));
