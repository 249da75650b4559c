using System.Buffers.Text;
using System.Globalization;
using Edge.Peers.Load;

namespace Edge.Peers.CachePauses;

/// <summary>
/// Requests for answers that are told apart by a number, as many as are wanted. For one thread: each is written over the one
/// before.
/// </summary>
/// <param name="kept">How many are asked for to fill a cache.</param>
/// <param name="round">Which time of those in which a mix is sent: each has new ones of its own.</param>
internal sealed class NumberedRequests(int kept, int round = 0)
{
    private const int Seed = 1;
    private const int Digits = 12;
    private const long NewOfRoundMax = 1_000_000_000;

    // With key and head one takes three blocks of the cache and the other four, so that 2 GiB are near full with a million.
    private static readonly int[] BodyBytes = [1_000, 1_500];

    private readonly Numbered[] _requests = Array.ConvertAll(BodyBytes, static bytes => new Numbered(bytes));
    private readonly Random _random = new(Seed);
    private long _filled;
    private long _new = kept + (round * NewOfRoundMax);
    private bool _isTurnOfNew;

    /// <summary>Sizes of the files that the origin has to have.</summary>
    public static int[] FileSizes => BodyBytes;

    /// <summary>The next of those that fill the cache.</summary>
    public byte[] NextToFill() => Of(_filled++);

    /// <summary>By turns any of those that filled the cache, and one that nobody has asked for.</summary>
    public byte[] NextOfMix()
    {
        _isTurnOfNew = !_isTurnOfNew;
        return Of(_isTurnOfNew ? _new++ : _random.Next(kept));
    }

    private byte[] Of(long number) => _requests[number % _requests.Length].Write(number);

    private sealed class Numbered
    {
        private readonly byte[] _bytes;
        private readonly int _numberAt;

        public Numbered(int bodyBytes)
        {
            var number = new string('0', Digits);
            var work = Work.Answering(bodyBytes);
            _bytes = (work with { Target = string.Create(CultureInfo.InvariantCulture, $"{work.Target}?n={number}") }).ToBytes();
            _numberAt = _bytes.AsSpan().IndexOf("?n="u8) + "?n=".Length;
        }

        public byte[] Write(long number)
        {
            Utf8Formatter.TryFormat(number, _bytes.AsSpan(_numberAt, Digits), out _, new('D', Digits));
            return _bytes;
        }
    }
}
