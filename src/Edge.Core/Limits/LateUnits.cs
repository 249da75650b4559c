namespace Edge.Core.Limits;

/// <summary>
/// Units of a shared limit that came back when the slice they were of had ended, until the store is told: by their draws, of
/// which those that lie close together are one. Bounded. Safe from any thread.
/// </summary>
/// <remarks>
/// Units may be told to be of an earlier draw than theirs, never of a later one: the earlier a draw, the more of its place in
/// the store's queue has been served, and the less comes back.
/// </remarks>
internal sealed class LateUnits
{
    /// <summary>Most draws that are told apart.</summary>
    public const int DrawsMax = 8;

    private readonly Lock _lock = new();
    private readonly LeaseReturnPart[] _parts = new LeaseReturnPart[DrawsMax];
    private int _count;
    private long _epoch;

    /// <summary>True where there are any.</summary>
    public bool Any => Volatile.Read(ref _count) > 0;

    /// <summary>Adds units of a draw.</summary>
    /// <param name="stamp">The draw.</param>
    /// <param name="units">How many.</param>
    /// <param name="apartMicros">Draws that are closer together than this are one.</param>
    public void Add(LeaseStamp stamp, long units, long apartMicros)
    {
        lock (_lock)
        {
            if (stamp.Epoch != _epoch)
            {
                if (_count > 0 && stamp.Epoch < _epoch)
                {
                    // Of a window that is over, or of a bucket that has been full since.
                    return;
                }

                _count = 0;
                _epoch = stamp.Epoch;
            }

            var nearest = Nearest(stamp.Place, out var apart);
            if (nearest >= 0 && (apart <= apartMicros || _count == DrawsMax))
            {
                ref var near = ref _parts[nearest];
                near = new LeaseReturnPart(near.Units + units, Math.Min(near.Place, stamp.Place));
            }
            else
            {
                _parts[_count] = new LeaseReturnPart(units, stamp.Place);
                Volatile.Write(ref _count, _count + 1);
            }
        }
    }

    /// <summary>Takes all out.</summary>
    /// <returns>False where there are none.</returns>
    public bool TryTake(out LeaseReturn back)
    {
        lock (_lock)
        {
            back = _count == 0 ? default : new LeaseReturn(_epoch, _parts[.._count]);
            _count = 0;
        }

        return back.Parts is not null;
    }

    private int Nearest(long place, out long apart)
    {
        var nearest = -1;
        apart = long.MaxValue;
        for (var i = 0; i < _count; i++)
        {
            var distance = Math.Abs(_parts[i].Place - place);
            if (distance < apart)
            {
                (nearest, apart) = (i, distance);
            }
        }

        return nearest;
    }
}
