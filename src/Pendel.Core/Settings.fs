namespace Pendel.Core
