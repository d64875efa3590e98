namespace Pendel.Tensors
