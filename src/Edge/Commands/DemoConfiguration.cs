using System.Net;

namespace Edge.Commands;

/// <summary>What the demo runs and what it says.</summary>
internal static class DemoConfiguration
{
    /// <summary>The demo's configuration: an OpenAI and an Anthropic upstream, both the mock provider.</summary>
    public static string Text(int port, IPEndPoint mock) =>
        $$"""
        listeners:
          - address: 127.0.0.1:{{port}}
        admin: { address: 127.0.0.1:0 }
        drainTimeout: 2s
        upstreams:
          openai: { dialect: openai, targets: [http://{{mock}}], credential: sk-demo-openai }
          claude: { dialect: anthropic, targets: [http://{{mock}}], credential: sk-demo-anthropic }
        defaults:
          requestId: { header: X-Request-ID, echo: true }
          response: { headers: { set: { X-Gateway: edge } } }
          heartbeat: 15s
        routes:
          - { name: messages, match: { path: /v1/messages, methods: [POST] }, upstream: claude }
          - { name: openai, match: { path: /v1/* }, upstream: openai }
        """;

    /// <summary>What is running, and lines to paste.</summary>
    public static string Welcome(IPEndPoint gateway, IPEndPoint admin, IPEndPoint mock) =>
        $$"""

        Edge is running.
          gateway   http://{{gateway}}   (what your app talks to)
          admin     http://{{admin}}/readyz
          provider  http://{{mock}}   (a mock: answers are made up, keys are not checked)

        Stream an answer through it:

          curl -N http://{{gateway}}/v1/chat/completions -H 'Content-Type: application/json' \
            -d '{"model":"gpt-4o-mini","stream":true,"messages":[{"role":"user","content":"Say hello"}]}'

        The official SDKs, unchanged but for the base URL:

          import OpenAI from 'openai';
          const openai = new OpenAI({ baseURL: 'http://{{gateway}}/v1', apiKey: 'anything' });
          const answer = await openai.chat.completions.create({
            model: 'gpt-4o-mini', messages: [{ role: 'user', content: 'Say hello' }] });

          import Anthropic from '@anthropic-ai/sdk';
          const anthropic = new Anthropic({ baseURL: 'http://{{gateway}}', apiKey: 'anything' });
          const message = await anthropic.messages.create({
            model: 'claude-3-5-haiku-latest', max_tokens: 64, messages: [{ role: 'user', content: 'Say hello' }] });

        Ctrl-C ends it.
        """;
}
