using System.Net;

namespace Edge.Commands;

/// <summary>What the demo runs and what it says.</summary>
internal static class DemoConfiguration
{
    /// <summary>The API key of the demo's consumer, the same at each start: it opens nothing but the demo.</summary>
    public const string ApiKey = "demo-key";

    /// <summary>Name of the demo's consumer.</summary>
    public const string Consumer = "demo-app";

    /// <summary>The demo's configuration: an OpenAI and an Anthropic upstream, both the mock provider.</summary>
    /// <param name="port">Where it listens.</param>
    /// <param name="mock">The mock provider.</param>
    /// <param name="secret">With which the consumer signs tokens.</param>
    public static string Text(int port, IPEndPoint mock, string secret) =>
        $$"""
        listeners:
          - address: 127.0.0.1:{{port}}
        admin: { address: 127.0.0.1:0 }
        drainTimeout: 2s
        identity:
          consumers:
            {{Consumer}}:
              tier: starter
              scopes: [chat.write]
              jwt: [{ kid: {{Consumer}}-1, algorithm: HS256, secret: "{{secret}}" }]
              apiKeys: [{ name: demo, sha256: "{{KeyCommand.HashOf(ApiKey)}}" }]
        tiers:
          free: { models: [gpt-3.5-turbo], requestTokensMax: 1000, upgradeUrl: https://example.com/pricing }
          starter:
            models: [gpt-3.5-turbo, gpt-4o-mini, "claude-*", "text-embedding-*", "mock*"]
            aliases: { fast: gpt-4o-mini }
            requestTokensMax: 10000
            upgradeUrl: https://example.com/pricing
        upstreams:
          openai: { dialect: openai, targets: [http://{{mock}}], credential: sk-demo-openai }
          claude: { dialect: anthropic, targets: [http://{{mock}}], credential: sk-demo-anthropic }
        defaults:
          requestId: { header: X-Request-ID, echo: true }
          authenticate: { with: [consumers] }
          authorize: { scopes: [chat.write] }
          request: { headers: { set: { X-Consumer-ID: "{caller.id}" } } }
          response: { headers: { set: { X-Gateway: edge } } }
          heartbeat: 15s
          metering: { usageHeader: true }
        routes:
          - name: chat
            match: { path: /v1/chat/completions, methods: [POST] }
            limits:
              - { name: requests, per: consumer, requests: 600, window: 1m }
              - { name: tokens, per: consumer, tokens: 200000, window: 1m }
            validate: { schema: openai-chat-lenient }
            rewrite:
              - from: mobile
              - systemMessage: You are a helpful assistant.
              - default: { model: gpt-4o-mini, user: "{caller.id}" }
            cache: { ttl: 5m, scope: consumer }
            upstream: openai
          - { name: messages, match: { path: /v1/messages, methods: [POST] }, upstream: claude }
          - { name: openai, match: { path: /v1/* }, upstream: openai }
        """;

    /// <summary>What is running, and lines to paste.</summary>
    public static string Welcome(IPEndPoint gateway, IPEndPoint admin, IPEndPoint mock, string token) =>
        $$"""

        Edge is running.
          gateway   http://{{gateway}}   (what your app talks to)
          admin     http://{{admin}}/readyz, and /metrics for Prometheus
          provider  http://{{mock}}   (a mock: answers are made up)
          API key   {{ApiKey}}   (of the consumer '{{Consumer}}'; the provider's own key stays in the gateway)

        Stream an answer through it:

          curl -N http://{{gateway}}/v1/chat/completions -H 'Authorization: Bearer {{ApiKey}}' \
            -H 'Content-Type: application/json' \
            -d '{"model":"gpt-4o-mini","stream":true,"messages":[{"role":"user","content":"Say hello"}]}'

        The same with a token that the consumer signed, good for a day:

          curl http://{{gateway}}/v1/models -H 'Authorization: Bearer {{token}}'

        What is wrong with a body is told at once, all of it, and nothing of it reaches the provider:

          curl http://{{gateway}}/v1/chat/completions -H 'Authorization: Bearer {{ApiKey}}' \
            -H 'Content-Type: application/json' -d '{"messages":[{"role":"boss","content":7}],"temperature":"hot"}'

        A mobile app's own format, to a model that the gateway chooses; X-Edge-Usage says what it took, RateLimit what is left:

          curl -i http://{{gateway}}/v1/chat/completions -H 'Authorization: Bearer {{ApiKey}}' \
            -H 'Content-Type: application/json' -d '{"message":"Say hello","userId":"u-1"}'

        The same question twice, with nothing left to chance: X-Cache says where the second answer comes from:

          curl -i http://{{gateway}}/v1/chat/completions -H 'Authorization: Bearer {{ApiKey}}' \
            -H 'Content-Type: application/json' -d '{"temperature":0,"messages":[{"role":"user","content":"Say hello"}]}'

        A model that the tier does not have:

          curl http://{{gateway}}/v1/chat/completions -H 'Authorization: Bearer {{ApiKey}}' \
            -H 'Content-Type: application/json' -d '{"model":"gpt-4o","messages":[{"role":"user","content":"Hi"}]}'

        Without a credential it is refused, in the words of the provider's own API:

          curl -i http://{{gateway}}/v1/models

        The official SDKs, unchanged but for the base URL and the key:

          import OpenAI from 'openai';
          const openai = new OpenAI({ baseURL: 'http://{{gateway}}/v1', apiKey: '{{ApiKey}}' });
          const answer = await openai.chat.completions.create({
            model: 'gpt-4o-mini', messages: [{ role: 'user', content: 'Say hello' }] });

          import Anthropic from '@anthropic-ai/sdk';
          const anthropic = new Anthropic({ baseURL: 'http://{{gateway}}', apiKey: '{{ApiKey}}' });
          const message = await anthropic.messages.create({
            model: 'claude-3-5-haiku-latest', max_tokens: 64, messages: [{ role: 'user', content: 'Say hello' }] });

        Ctrl-C ends it.
        """;
}
