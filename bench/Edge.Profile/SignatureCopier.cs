using System.Reflection.Metadata;
using System.Reflection.Metadata.Ecma335;

namespace Edge.Profile;

/// <summary>
/// Copies a method's signature (ECMA-335, II.23.2) from one module to another, in which types have other tokens.
/// </summary>
internal ref struct SignatureCopier(MetadataReader module, BlobReader from, BlobBuilder to, MetadataCopier types)
{
    private const byte IsGeneric = 0x10;

    private BlobReader _from = from;

    /// <summary>Copies all of it.</summary>
    public void CopyMethod()
    {
        if ((CopyByte() & IsGeneric) != 0)
        {
            CopyNumber();
        }

        CopyTypes(CopyNumber() + 1);
    }

    private void CopyTypes(int count)
    {
        for (var i = 0; i < count; i++)
        {
            CopyType();
        }
    }

    private void CopyType()
    {
        var code = CopyByte();
        switch ((SignatureTypeCode)code)
        {
            case SignatureTypeCode.RequiredModifier or SignatureTypeCode.OptionalModifier:
                CopyToken();
                CopyType();
                break;
            case SignatureTypeCode.Pointer or SignatureTypeCode.ByReference:
            case SignatureTypeCode.SZArray or SignatureTypeCode.Pinned:
                CopyType();
                break;
            case SignatureTypeCode.GenericTypeParameter or SignatureTypeCode.GenericMethodParameter:
                CopyNumber();
                break;
            case SignatureTypeCode.GenericTypeInstance:
                CopyByte();
                CopyToken();
                CopyTypes(CopyNumber());
                break;
            case SignatureTypeCode.Array:
                CopyType();
                CopyNumber();
                CopyNumbers();
                CopyNumbers();
                break;
            case SignatureTypeCode.FunctionPointer:
                CopyMethod();
                break;
            default:
                if ((SignatureTypeKind)code is SignatureTypeKind.Class or SignatureTypeKind.ValueType)
                {
                    CopyToken();
                }

                break;
        }
    }

    private byte CopyByte()
    {
        var value = _from.ReadByte();
        to.WriteByte(value);
        return value;
    }

    private int CopyNumber()
    {
        var value = _from.ReadCompressedInteger();
        to.WriteCompressedInteger(value);
        return value;
    }

    private void CopyNumbers()
    {
        for (var left = CopyNumber(); left > 0; left--)
        {
            CopyNumber();
        }
    }

    private void CopyToken() =>
        to.WriteCompressedInteger(CodedIndex.TypeDefOrRef(types.Reference(module, _from.ReadTypeHandle())));
}
