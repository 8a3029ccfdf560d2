"""What a report's figures and sections are called, in English and Chinese."""

from openbml_kit.markup import Markup, both

TASKS = {
    "image_classification": ("Image classification", "图像分类（单图单标签）"),
    "image_classification_multi_label": ("Image classification, several labels", "图像分类（单图多标签）"),
    "object_detection": ("Object detection", "物体检测"),
    "instance_segmentation": ("Instance segmentation", "实例分割"),
    "semantic_segmentation": ("Semantic segmentation", "语义分割"),
    "tabular_prediction": ("Tabular prediction", "表格数据预测"),
}
FIGURES = {
    "accuracy": ("Accuracy", "准确率"),
    "exact_match": ("All labels right", "标签完全正确率"),
    "f1": ("F1-score", "F1-score"),
    "macro_f1": ("F1-score", "F1-score"),
    "macro_precision": ("Precision", "精确率"),
    "macro_recall": ("Recall", "召回率"),
    "micro_f1": ("F1-score, all labels together", "F1-score（整体）"),
    "micro_precision": ("Precision, all labels together", "精确率（整体）"),
    "micro_recall": ("Recall, all labels together", "召回率（整体）"),
    "precision": ("Precision", "精确率"),
    "recall": ("Recall", "召回率"),
    "map": ("mAP", "mAP"),
    "map50": ("mAP50", "mAP50"),
    "map75": ("mAP75", "mAP75"),
    "map_small": ("mAP, small objects", "小目标mAP"),
    "map_medium": ("mAP, medium objects", "中目标mAP"),
    "map_large": ("mAP, large objects", "大目标mAP"),
    "ar_1": ("Average recall, 1 object", "平均召回率（1个目标）"),
    "ar_10": ("Average recall, 10 objects", "平均召回率（10个目标）"),
    "ar_100": ("Average recall, 100 objects", "平均召回率（100个目标）"),
    "miou": ("Mean IoU", "平均交并比（mIoU）"),
    "pixel_accuracy": ("Pixel accuracy", "像素准确率"),
    "mean_dice": ("Mean Dice", "平均Dice"),
    "iou": ("IoU", "交并比（IoU）"),
    "dice": ("Dice", "Dice"),
    "ap": ("AP", "AP"),
    "ap50": ("AP50", "AP50"),
    "threshold": ("Best threshold", "最佳阈值"),
    "support": ("Evaluated", "评估数量"),
    "pixels": ("Evaluated pixels", "评估像素数"),
    "training_count": ("Training", "训练数量"),
    "right": ("Right", "正确"),
    "false_positives": ("False positives", "误识别"),
    "missed": ("Missed", "漏识别"),
    "label": ("Label", "标签"),
    "train_loss": ("Training loss", "训练损失"),
    "eval_loss": ("Evaluation loss", "评估损失"),
    "eval_accuracy": ("Accuracy", "准确率"),
    "eval_map": ("mAP", "mAP"),
    "eval_map50": ("mAP50", "mAP50"),
    "eval_miou": ("Mean IoU", "平均交并比（mIoU）"),
    "log_loss": ("Log loss", "对数损失"),
    "brier": ("Brier score", "Brier分数"),
    "balanced_accuracy": ("Balanced accuracy", "均衡准确率"),
    "roc_auc": ("AUC", "AUC"),
    "auc": ("AUC", "AUC"),
    "average_precision": ("Average precision", "平均精度"),
    "mcc": ("Matthews correlation", "马修斯相关系数"),
    "rmse": ("Root mean squared error", "均方根误差"),
    "mae": ("Mean absolute error", "平均绝对误差"),
    "median_absolute_error": ("Median absolute error", "绝对误差中位数"),
    "mape": ("Mean relative error", "平均相对误差"),
    "r2": ("R²", "R²"),
    "poisson_deviance": ("Poisson deviance", "泊松偏差"),
    "pinball": ("Pinball loss", "分位数损失"),
    "interval_coverage": ("Inside of the interval", "区间覆盖率"),
    "interval_width": ("Width of the interval", "区间宽度"),
    "cost": ("Cost", "成本"),
    "eval_pixel_accuracy": ("Pixel accuracy", "像素准确率"),
}


def figure_name(name: str) -> Markup:
    return both(*FIGURES.get(name, (name, name)))


def task_name(task: str) -> Markup:
    return both(*TASKS.get(task, (task, task)))
