namespace Pendel.Report
