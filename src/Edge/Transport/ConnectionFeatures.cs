using System.Collections;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http.Features;

namespace Edge.Transport;

/// <summary>
/// The features of a caller's connection, of which the server sets a handful once: a short list, where the framework's collection
/// is a dictionary that takes three times the memory of every quiet stream. Like that one it is for one thread at a time.
/// Unlike in that one the heartbeat is the connection's own, and the one that the server sets instead is passed over.
/// </summary>
internal sealed class ConnectionFeatures : IFeatureCollection
{
    private const int CountAtFirst = 7;
    private const int CountMore = 4;

    private KeyValuePair<Type, object>[] _features = new KeyValuePair<Type, object>[CountAtFirst];
    private int _count;
    private int _revision;

    /// <summary>The features of a connection that has a heartbeat.</summary>
    public ConnectionFeatures(IConnectionHeartbeatFeature heartbeat) =>
        _features[_count++] = new KeyValuePair<Type, object>(typeof(IConnectionHeartbeatFeature), heartbeat);

    /// <inheritdoc/>
    public bool IsReadOnly => false;

    /// <inheritdoc/>
    public int Revision => _revision;

    /// <inheritdoc/>
    public object? this[Type key]
    {
        get
        {
            var index = IndexOf(key);
            return index < 0 ? null : _features[index].Value;
        }

        set
        {
            if (key == typeof(IConnectionHeartbeatFeature))
            {
                return;
            }

            _revision++;
            var index = IndexOf(key);
            if (index >= 0)
            {
                _features[index] = _features[--_count];
                _features[_count] = default;
            }

            if (value is not null)
            {
                if (_count == _features.Length)
                {
                    Array.Resize(ref _features, _count + CountMore);
                }

                _features[_count++] = new KeyValuePair<Type, object>(key, value);
            }
        }
    }

    /// <inheritdoc/>
    public TFeature? Get<TFeature>() => (TFeature?)this[typeof(TFeature)];

    /// <inheritdoc/>
    public void Set<TFeature>(TFeature? instance) => this[typeof(TFeature)] = instance;

    /// <inheritdoc/>
    public IEnumerator<KeyValuePair<Type, object>> GetEnumerator()
    {
        for (var i = 0; i < _count; i++)
        {
            yield return _features[i];
        }
    }

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    private int IndexOf(Type key)
    {
        for (var i = 0; i < _count; i++)
        {
            if (_features[i].Key == key)
            {
                return i;
            }
        }

        return -1;
    }
}
