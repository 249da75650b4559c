namespace Edge.Core.Http;

/// <summary>
/// Follows the frames of one direction of a WebSocket (RFC 6455, section 5.2), of which the bytes pass in runs of any length.
/// It reads heads alone, of payloads it counts the bytes; nothing is kept of either. For one thread at a time.
/// </summary>
public struct WebSocketFrames
{
    private const byte OpcodeMask = 0x0F;
    private const byte MaskedBit = 0x80;
    private const byte CloseOpcode = 0x8;
    private const int MaskBytes = 4;

    private ulong _payload;
    private ulong _length;
    private int _headBytes;
    private int _lengthBytes;
    private int _maskBytes;
    private byte _opcode;

    /// <summary>True where a frame has ended and none has begun: another one may stand here.</summary>
    public readonly bool IsBetween => _headBytes == 0 && _payload == 0;

    /// <summary>True once a Close frame has begun, behind which nothing may be sent (section 5.5.1).</summary>
    public bool HasClosed { get; private set; }

    /// <summary>Takes the next run.</summary>
    public void Take(ReadOnlySpan<byte> run)
    {
        while (!run.IsEmpty)
        {
            if (_payload > 0)
            {
                var passed = (int)Math.Min(_payload, (ulong)run.Length);
                _payload -= (ulong)passed;
                run = run[passed..];
            }
            else
            {
                TakeHead(run[0]);
                run = run[1..];
            }
        }
    }

    private void TakeHead(byte next)
    {
        switch (_headBytes++)
        {
            case 0:
                _opcode = (byte)(next & OpcodeMask);
                return;
            case 1:
                var length = next & ~MaskedBit;
                _lengthBytes = length switch { 127 => 8, 126 => 2, _ => 0 };
                _length = _lengthBytes == 0 ? (ulong)length : 0;
                _maskBytes = (next & MaskedBit) != 0 ? MaskBytes : 0;
                break;
            default:
                if (_lengthBytes > 0)
                {
                    _length = (_length << 8) | next;
                    _lengthBytes--;
                }
                else
                {
                    _maskBytes--;
                }

                break;
        }

        if (_lengthBytes + _maskBytes == 0)
        {
            _payload = _length;
            _headBytes = 0;
            HasClosed |= _opcode == CloseOpcode;
        }
    }
}
