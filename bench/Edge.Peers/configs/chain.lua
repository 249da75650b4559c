-- What an API gateway does before a model, as one would write it for nginx by hand: the consumer's token (JWT, HS256) is
-- verified, its requests in a minute and in a day, those that run, and its tokens are counted against limits that the
-- workers share, the JSON body is read, validated, rewritten and written again, and headers are set. HMAC is libcrypto's, called
-- directly: one context a consumer and worker, made once.
local cjson = require "cjson.safe"
local ffi = require "ffi"

ffi.cdef [[
typedef struct hmac_ctx_st HMAC_CTX;
typedef struct evp_md_st EVP_MD;
HMAC_CTX *HMAC_CTX_new(void);
const EVP_MD *EVP_sha256(void);
int HMAC_Init_ex(HMAC_CTX *ctx, const void *key, int len, const EVP_MD *md, void *engine);
int HMAC_Update(HMAC_CTX *ctx, const char *data, size_t len);
int HMAC_Final(HMAC_CTX *ctx, unsigned char *md, unsigned int *len);
int CRYPTO_memcmp(const void *a, const void *b, size_t len);
]]

local crypto = ffi.load("crypto.so.3")
local limits = ngx.shared.limits
local digest = ffi.new("unsigned char[32]")

local DIGEST_BYTES = 32
local MINUTE_SECONDS = 60
local DAY_SECONDS = 86400
local REQUESTS_MAX = 1000000000
local TOKENS_MAX = 1000000000000
local IN_FLIGHT_MAX = 100000
local MESSAGES_MAX = 256
local OUTPUT_TOKENS_MAX = 4096
local BYTES_PER_TOKEN = 4
local CLOCK_SKEW_SECONDS = 30

local ROLES = { system = true, developer = true, user = true, assistant = true, tool = true }
local MODELS = { ["gpt-4o-mini"] = "gpt-4o-mini-2024-07-18", ["gpt-4o"] = "gpt-4o-2024-08-06" }
local CONSUMERS = { ["{consumerKeyId}"] = { id = "{consumer}", secret = "{consumerSecret}" } }

local chain = {}

local function refuse(status, code, message)
  ngx.status = status
  ngx.header["Content-Type"] = "application/json"
  ngx.say(cjson.encode({ error = { message = message, type = "invalid_request_error", code = code } }))
  return ngx.exit(status)
end

local function decode(part)
  return ngx.decode_base64((part:gsub("-", "+"):gsub("_", "/")) .. string.rep("=", -#part % 4))
end

local function is_signed(consumer, signed, signature)
  local context = consumer.context
  if not context then
    context = crypto.HMAC_CTX_new()
    crypto.HMAC_Init_ex(context, consumer.secret, #consumer.secret, crypto.EVP_sha256(), nil)
    consumer.context = context
  else
    crypto.HMAC_Init_ex(context, nil, 0, nil, nil)
  end
  crypto.HMAC_Update(context, signed, #signed)
  crypto.HMAC_Final(context, digest, nil)
  return #signature == DIGEST_BYTES and crypto.CRYPTO_memcmp(digest, signature, DIGEST_BYTES) == 0
end

local function authenticate()
  local authorization = ngx.var.http_authorization
  if not authorization then return nil, "no token" end
  local header, payload, signature = authorization:match("^Bearer ([%w_-]+)%.([%w_-]+)%.([%w_-]+)$")
  if not header then return nil, "not a token" end
  local head = cjson.decode(decode(header) or "")
  if type(head) ~= "table" or head.alg ~= "HS256" then return nil, "not HS256" end
  local consumer = CONSUMERS[head.kid]
  if not consumer then return nil, "an unknown key" end
  if not is_signed(consumer, header .. "." .. payload, decode(signature) or "") then return nil, "a bad signature" end
  local claims = cjson.decode(decode(payload) or "")
  if type(claims) ~= "table" or claims.sub ~= consumer.id then return nil, "another's token" end
  local now = ngx.time()
  if type(claims.exp) ~= "number" or claims.exp + CLOCK_SKEW_SECONDS < now then return nil, "an expired token" end
  if claims.nbf and claims.nbf - CLOCK_SKEW_SECONDS > now then return nil, "a token of tomorrow" end
  return consumer
end

local function take(kind, consumer, cost, most, seconds)
  local window = math.floor(ngx.time() / seconds)
  local used = limits:incr(kind .. consumer.id .. window, cost, 0, 2 * seconds)
  return most - (used or most + 1)
end

local function validate(body)
  if type(body) ~= "table" then return "the body is not JSON" end
  if type(body.model) ~= "string" then return "model is missing" end
  local messages = body.messages
  if type(messages) ~= "table" or #messages == 0 or #messages > MESSAGES_MAX then return "messages are missing or too many" end
  for i = 1, #messages do
    local message = messages[i]
    if type(message) ~= "table" or not ROLES[message.role] then return "a message without a role" end
    local content = message.content
    if type(content) ~= "string" and type(content) ~= "table" then return "a message without content" end
  end
  local temperature = body.temperature
  if temperature ~= nil and (type(temperature) ~= "number" or temperature < 0 or temperature > 2) then
    return "temperature is out of range"
  end
  if body.max_tokens ~= nil and (type(body.max_tokens) ~= "number" or body.max_tokens < 1) then return "max_tokens is wrong" end
end

local function estimate(body)
  local bytes = 0
  for i = 1, #body.messages do
    local content = body.messages[i].content
    if type(content) == "string" then
      bytes = bytes + #content
    else
      for j = 1, #content do bytes = bytes + #(content[j].text or "") end
    end
  end
  return math.ceil(bytes / BYTES_PER_TOKEN) + (body.max_tokens or OUTPUT_TOKENS_MAX)
end

local function rewrite(body, consumer)
  body.model = MODELS[body.model] or body.model
  body.user = consumer.id
  body.max_tokens = math.min(body.max_tokens or OUTPUT_TOKENS_MAX, OUTPUT_TOKENS_MAX)
  if body.temperature == nil then body.temperature = 0.7 end
end

function chain.access()
  local consumer, why = authenticate()
  if not consumer then return refuse(401, "invalid_api_key", why) end
  local requests_left = take("requests:", consumer, 1, REQUESTS_MAX, MINUTE_SECONDS)
  local requests_left_today = take("requests-of-day:", consumer, 1, REQUESTS_MAX, DAY_SECONDS)
  if requests_left < 0 or requests_left_today < 0 then return refuse(429, "rate_limit_exceeded", "too many requests") end
  ngx.ctx.running = "running:" .. consumer.id
  if limits:incr(ngx.ctx.running, 1, 0) > IN_FLIGHT_MAX then
    return refuse(429, "rate_limit_exceeded", "too many requests at once")
  end
  ngx.req.read_body()
  local body = cjson.decode(ngx.req.get_body_data() or "")
  local wrong = validate(body)
  if wrong then return refuse(400, "invalid_request", wrong) end
  local tokens_left = take("tokens:", consumer, estimate(body), TOKENS_MAX, MINUTE_SECONDS)
  if tokens_left < 0 then return refuse(429, "rate_limit_exceeded", "too many tokens") end
  rewrite(body, consumer)
  ngx.req.set_body_data(cjson.encode(body))
  ngx.req.set_header("Authorization", "Bearer sk-upstream")
  ngx.req.set_header("X-Consumer-ID", consumer.id)
  local context = ngx.ctx
  context.request_id = ngx.var.request_id
  ngx.req.set_header("X-Request-ID", context.request_id)
  context.requests_left = requests_left
  context.tokens_left = tokens_left
end

function chain.headers()
  local context = ngx.ctx
  if context.requests_left then
    ngx.header["X-RateLimit-Limit-Requests"] = REQUESTS_MAX
    ngx.header["X-RateLimit-Remaining-Requests"] = context.requests_left
    ngx.header["X-RateLimit-Limit-Tokens"] = TOKENS_MAX
    ngx.header["X-RateLimit-Remaining-Tokens"] = context.tokens_left
    ngx.header["X-Request-ID"] = context.request_id
  end
end

function chain.log()
  if ngx.ctx.running then limits:incr(ngx.ctx.running, -1) end
end

return chain
