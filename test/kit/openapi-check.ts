import { Ajv2020, type ValidateFunction } from "ajv/dist/2020.js";

interface Described {
  readonly content?: Readonly<Record<string, { readonly schema: object }>>;
  readonly $ref?: string;
}

interface DescribedOperation {
  readonly requestBody?: { readonly content: Readonly<Record<string, { readonly schema: object }>> };
  readonly responses: Readonly<Record<string, Described>>;
}

interface OpenapiDocument {
  readonly paths: Readonly<Record<string, Readonly<Record<string, DescribedOperation>>>>;
  readonly components: {
    readonly responses: Readonly<Record<string, Described>>;
    readonly schemas: Readonly<Record<string, object>>;
  };
}

/** An answer as it came, with the operation that gave it: `post /api/v1/slots/{id}/release`. */
export interface GivenAnswer {
  readonly operation: string;
  readonly status: number;
  readonly contentType: string;
  readonly text: string;
}

/** Compares answers with what an OpenAPI document says about them. */
export class OpenapiCheck {
  readonly #document: OpenapiDocument;
  readonly #ajv = new Ajv2020({
    strict: true,
    strictRequired: false,
    allErrors: true,
    validateFormats: false,
  });
  readonly #validators = new Map<string, ValidateFunction>();

  constructor(document: unknown) {
    this.#document = document as OpenapiDocument;
    const schemas = JSON.stringify(this.#document.components.schemas);
    const $defs = JSON.parse(schemas.replaceAll("#/components/schemas/", "#/$defs/")) as object;
    this.#ajv.addSchema({ $id: "document", $defs });
  }

  /** `get /api/v1/slots 200` and so on, of every operation. */
  listed(): string[] {
    return Object.entries(this.#document.paths).flatMap(([path, methods]) =>
      Object.entries(methods).flatMap(([method, { responses }]) =>
        Object.keys(responses).map((status) => `${method} ${path} ${status}`),
      ),
    );
  }

  /** What the document does not allow about the answer; empty if it is as documented. */
  problemsOf({ operation, status, contentType, text }: GivenAnswer): string[] {
    const [method = "", path = ""] = operation.split(" ");
    const described = this.#resolve(this.#document.paths[path]?.[method]?.responses[status]);
    const name = `${operation} ${status}`;
    if (described === undefined) return [`${name} is not documented: ${text}`];
    const mediaType = contentType.split(";")[0] ?? "";
    const content = described.content?.[mediaType];
    if (content === undefined)
      return described.content === undefined && text === ""
        ? []
        : [`${name}: ${mediaType} is not documented`];
    if (mediaType !== "application/json") return [];
    const validate = this.#validatorOf(`${name} ${mediaType}`, content.schema);
    if (validate(JSON.parse(text))) return [];
    return (validate.errors ?? []).map(
      ({ instancePath, message, params }) =>
        `${name}${instancePath}: ${message ?? ""} ${JSON.stringify(params)}`,
    );
  }

  /** Whether the document lets this be sent to the operation. */
  isAllowedBody(operation: string, body: unknown): boolean {
    const [method = "", path = ""] = operation.split(" ");
    const content = this.#document.paths[path]?.[method]?.requestBody?.content["application/json"];
    if (content === undefined) throw new Error(`${operation} has no body`);
    return this.#validatorOf(`${operation} body`, content.schema)(body);
  }

  #resolve(described: Described | undefined): Described | undefined {
    const name = described?.$ref?.replace("#/components/responses/", "");
    return name === undefined ? described : this.#document.components.responses[name];
  }

  #validatorOf(key: string, schema: object): ValidateFunction {
    const known = this.#validators.get(key);
    if (known !== undefined) return known;
    const absolute = JSON.parse(
      JSON.stringify(schema).replaceAll("#/components/schemas/", "document#/$defs/"),
    ) as object;
    const validate = this.#ajv.compile(absolute);
    this.#validators.set(key, validate);
    return validate;
  }
}
