using System.Runtime.InteropServices;
using Edge.Transport;

namespace Edge.Tests.Transport;

public sealed unsafe class IoRingTests
{
    private const int BadDescriptor = -9;

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(IoRing.OperationsMax)]
    public void Results_are_those_of_the_calls_in_their_order(int count)
    {
        var ring = IoRing.TryCreate();
        Assert.SkipWhen(ring is null, "the system has no rings");
        var memory = (byte*)NativeMemory.AllocZeroed((nuint)count);

        // Over and over, so that the queue's places come round.
        for (var round = 0; round < 5; round++)
        {
            using var pair = new LoopPair(EventLoops.Idlest);
            for (var i = 0; i < count; i++)
            {
                memory[i] = (byte)i;
                switch (i % 3)
                {
                    case 0:
                        ring.AddSend((int)pair.Peer.Handle, memory + i, 1);
                        break;
                    case 1:
                        ring.AddReceive(-1, memory + i, 1);
                        break;
                    default:
                        ring.AddReceive((int)pair.Peer.Handle, memory + i, 1);
                        break;
                }
            }

            var results = ring.Run();
            Assert.Equal(count, results.Length);
            for (var i = 0; i < count; i++)
            {
                Assert.Equal(i % 3 == 0 ? 1 : i % 3 == 1 ? BadDescriptor : LinuxSocket.WouldBlock, results[i]);
            }

            Assert.Equal(0, ring.Count);
        }

        NativeMemory.Free(memory);
    }

    [Fact]
    public void Nothing_added_is_nothing_done()
    {
        var ring = IoRing.TryCreate();
        Assert.SkipWhen(ring is null, "the system has no rings");
        Assert.Equal(0, ring.Run().Length);
    }
}
