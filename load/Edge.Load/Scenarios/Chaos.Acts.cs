using Edge.Load.Plan;
using Edge.Load.Running;
using Edge.Load.Staging;

namespace Edge.Load.Scenarios;

/// <content>What happens to the providers.</content>
internal sealed partial class Chaos
{
    private const int ActKinds = 6;
    private static readonly TimeSpan SlowFor = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan OldAddressFor = TimeSpan.FromSeconds(1.5);

    private readonly List<Task> _healing = [];
    private readonly bool[] _isBusy = new bool[2];
    private bool _isMoving;
    private bool _hadEnd;

    private void EndAll(Timeline timeline, bool isTime, CancellationToken cancellation)
    {
        if (!isTime || _hadEnd || _isBusy.Contains(true))
        {
            return;
        }

        _hadEnd = true;
        for (var i = 0; i < _providers.Count; i++)
        {
            Tell(timeline, "kills");
            _healing.Add(KillAsync(i, SlowFor, cancellation));
        }
    }

    private void Act(Timeline timeline, int kind, int chance, CancellationToken cancellation)
    {
        var dice = new Dice((ulong)chance);
        var which = dice.Next(_providers.Count);
        var wire = dice.Next(_wires.Count);
        var length = dice.NextUnit();
        switch (kind)
        {
            case 0 when !_isBusy[which]:
                Tell(timeline, "kills");
                _healing.Add(KillAsync(which, TimeSpan.FromMilliseconds(300 + (1200 * length)), cancellation));
                break;
            case 1 when !_isBusy[which]:
                Tell(timeline, "freezes");
                _healing.Add(FreezeAsync(which, TimeSpan.FromMilliseconds(200 + (2800 * length)), cancellation));
                break;
            case 2:
                Tell(timeline, "slowdowns");
                _healing.Add(SlowAsync(_wires[wire], TimeSpan.FromMilliseconds(5 + (55 * length)), cancellation));
                break;
            case 3 or 4:
                Tell(timeline, "cuts");
                _wires[wire].CutSoon(ref dice);
                break;
            case 5 when _file.HasName && !_isMoving:
                Tell(timeline, "moves");
                _healing.Add(MoveAsync(cancellation));
                break;
        }
    }

    private void Tell(Timeline timeline, string act)
    {
        Count(act);
        timeline.Note(act);
    }

    private async Task KillAsync(int which, TimeSpan length, CancellationToken cancellation)
    {
        _isBusy[which] = true;
        await _providers[which].KillAsync(cancellation);
        await Task.Delay(length, cancellation);
        await _providers[which].StartAsync(cancellation);
        _isBusy[which] = false;
    }

    private async Task FreezeAsync(int which, TimeSpan length, CancellationToken cancellation)
    {
        _isBusy[which] = true;
        _providers[which].Freeze();
        await Task.Delay(length, cancellation);
        _providers[which].Thaw();
        _isBusy[which] = false;
    }

    private static async Task SlowAsync(FaultyWire wire, TimeSpan delay, CancellationToken cancellation)
    {
        wire.Delay = delay;
        await Task.Delay(SlowFor, cancellation);
        wire.Delay = TimeSpan.Zero;
    }

    /// <summary>The name of the first provider leads elsewhere now, and a while later nobody is where it led before.</summary>
    private async Task MoveAsync(CancellationToken cancellation)
    {
        _isMoving = true;
        var old = ChaosFile.Addresses[_address];
        _address = 1 - _address;
        _wires[0].Listen(ChaosFile.Addresses[_address]);
        _file.LeadTo(ChaosFile.Addresses[_address]);
        await Task.Delay(OldAddressFor, cancellation);
        _wires[0].Leave(old);
        _isMoving = false;
    }
}
