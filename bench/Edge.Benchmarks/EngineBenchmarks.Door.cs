using System.Collections.Immutable;
using System.Net;
using BenchmarkDotNet.Attributes;
using Edge.Core.Configuration;
using Edge.Core.Http;
using Edge.Core.Identity;

namespace Edge.Benchmarks;

/// <summary>What is asked at the door: from where, for which page, and how often that address was wrong.</summary>
public partial class EngineBenchmarks
{
    private static readonly IPAddress CallerAddress = IPAddress.Parse("203.0.113.7");
    private static readonly IPAddress CallerAddressV6 = IPAddress.Parse("2001:db8::7");

    private readonly TrustedProxies _proxies = new([IPNetwork.Parse("10.0.0.0/8")]);
    private readonly AddressRules _addressRules = MakeAddressRules(10_000);
    private readonly CorsPolicy _cors = MakeCors();
    private readonly FailureLimiter _failures = new(
        new FailureLimitPlan(20, TimeSpan.FromMinutes(1)), TimeProvider.System, UInt128.MaxValue / 3);

    [Benchmark]
    public bool AddressOfCallerWithoutProxy() =>
        Forwarding.ClientAddress(CallerAddress, "6.6.6.6", null, _proxies).Equals(CallerAddress);

    [Benchmark]
    public bool AddressAmongTenThousandNetworks() => _addressRules.Permit(CallerAddress);

    [Benchmark]
    public bool AddressV6AmongTenThousandNetworks() => _addressRules.Permit(CallerAddressV6);

    [Benchmark]
    public bool OriginOfWildcard() => _cors.AllowOrigin("https://app.example.com") is not null;

    [Benchmark]
    public bool PreflightHeaders() => _cors.AllowsMethod("POST") && _cors.AllowsHeaders("authorization,content-type");

    [Benchmark]
    public bool AskFailureLimit() => _failures.MayTry(CallerAddress);

    [Benchmark]
    public int RecordFailure()
    {
        _failures.RecordFailure(CallerAddressV6);
        return 0;
    }

    private static AddressRules MakeAddressRules(int count)
    {
        var networks = ImmutableArray.CreateBuilder<IPNetwork>(count);
        for (var i = 0; i < count / 2; i++)
        {
            networks.Add(new IPNetwork(new IPAddress([20, (byte)(i >> 7), (byte)(i << 1), 0]), 24));
            byte[] six = [0x20, 1, 0x0D, 0xB9, (byte)(i >> 7), (byte)(i << 1), .. new byte[10]];
            networks.Add(new IPNetwork(new IPAddress(six), 48));
        }

        return new AddressRules([], networks.ToImmutable());
    }

    private static CorsPolicy MakeCors() => new(new CorsPlan
    {
        Origins = ["https://yourapp.com", "https://*.example.com"],
        Methods = ["GET", "POST"],
        Headers = ["Authorization", "Content-Type"],
        Expose = [],
        Credentials = true,
        MaxAge = TimeSpan.FromHours(1),
    });
}
